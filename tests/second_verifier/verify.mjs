// A second verifier of wlra-certificate/1, written from docs/certificate-format.md and its JSON Schema alone.
//
//     node tests/second_verifier/verify.mjs CERTIFICATE...     one line a file, exit code of the worst verdict
//     node tests/second_verifier/verify.mjs --lines            certificates as JSON strings, one a line, from standard
//                                                              input; a verdict a line
//
// It shares no code with the solver or with wlra_exact/verify.py, and runs on another arithmetic (BigInt).

import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Invalid, Malformed, less, parseRational, told } from "./numbers.mjs";
import { RULES } from "./rules.mjs";
import { rootProblem, checkSource } from "./sources.mjs";
import { matches, parseJson } from "./syntax.mjs";

const SCHEMA = JSON.parse(readFileSync(join(dirname(fileURLToPath(import.meta.url)), "../../docs/certificate-schema.json"), "utf-8"));
const EXIT = { valid: 0, invalid: 1, malformed: 2, incomplete: 3 };
const WORST_FIRST = ["invalid", "malformed", "incomplete", "valid"];

/** Which part of a certificate does not match the schema, for a reader. */
function misfit(root) {
  if (!(root instanceof Map)) return "an object at the top";
  const missing = SCHEMA.required.filter((key) => !root.has(key));
  if (missing.length) return `a certificate with the key ${missing[0]}`;
  for (const [key, value] of root) {
    if (!Object.hasOwn(SCHEMA.properties, key)) return `a certificate without the key ${key.slice(0, 80)}`;
    if (matches(SCHEMA.properties[key], value, SCHEMA)) continue;
    if (key === "format") return `format ${SCHEMA.properties.format.const}`;
    const items = key === "steps" && Array.isArray(value) ? SCHEMA.properties.steps.items : null;
    const place = items ? value.findIndex((step) => !matches(items, step, SCHEMA)) : -1;
    return `the syntax of the schema in ${key}${place < 0 ? "" : `[${place}]`}`;
  }
  return "the syntax of the schema";
}

/** The syntax of section 4. */
function readCertificate(bytes) {
  const root = parseJson(bytes);
  if (!matches(SCHEMA, root, SCHEMA)) throw new Malformed(`expected ${misfit(root)}`);
  if (root.keys().next().value !== "format") throw new Malformed("expected format as the first key");
  const [A, omega] = ["A", "omega"].map((key) => root.get("instance").get(key));
  const fits = omega.length === A.length && omega[0].length === A[0].length;
  if (!fits || omega.some((row, i) => row.some((w, j) => w[0] === "-" || (w === "0" && A[i][j] !== "0")))) {
    throw new Malformed("expected weights >= 0 of the shape of A, and A = 0 under weight 0");
  }
  const names = root.get("steps").map((step) => step.get("id"));
  if (new Set([...names, "instance"]).size !== names.length + 1) throw new Malformed("expected distinct ids");
  return root;
}

/** The claim, checked, and what was left unchecked. */
function check(bytes, folder) {
  const certificate = readCertificate(bytes);
  const instance = certificate.get("instance");
  const root = rootProblem(instance);
  const known = new Map([["instance", root]]); // null: rests on a rule that is unknown here
  const find = (name) => {
    if (!known.has(name)) throw new Invalid(`expected a known premise, got ${name.slice(0, 80)}`);
    return known.get(name);
  };
  let unchecked = "";
  for (const step of certificate.get("steps")) {
    const [id, name] = [step.get("id"), step.get("rule")];
    const premises = step.get("premises").map((premise) => {
      const [base] = premise.split("/");
      return premise !== base && known.get(base) === null ? null : find(premise);
    });
    if (!Object.hasOwn(RULES, name) || premises.includes(null)) {
      unchecked ||= `step ${id} (rule ${name})`;
      known.set(id, null);
      continue;
    }
    let statement;
    try {
      statement = RULES[name](premises, step.get("payload"));
    } catch (error) {
      error.message = `step ${id} (rule ${name}): ${error.message}`;
      throw error;
    }
    known.set(id, statement);
    statement.children?.forEach((child, i) => known.set(`${id}/${i}`, child));
  }
  const claim = certificate.get("claim");
  const [lower, upper] = ["lower", "upper"].map((side) => parseRational(claim.get(side)));
  for (const [side, value] of [["lower", lower], ["upper", upper]]) {
    const statement = find(claim.get(`${side}_step`));
    if (statement === null) continue;
    const follows = statement.kind === side && statement.problem === root && (side === "lower" ? !less(statement.value, value) : !less(value, statement.value));
    if (!follows) throw new Invalid(`claim: expected a step that proves ${side}`);
  }
  if (less(upper, lower)) throw new Invalid("claim: expected lower <= upper");
  return { lower, upper, unchecked: checkSource(instance, folder) || unchecked };
}

/** The verdict on bytes; nothing is thrown. */
export function judge(read, folder) {
  try {
    const { lower, upper, unchecked } = check(read(), folder);
    return { verdict: unchecked ? "incomplete" : "valid", reason: unchecked || `${told(lower, false)} <= opt <= ${told(upper, true)}` };
  } catch (error) {
    if (error instanceof Invalid) return { verdict: "invalid", reason: error.message };
    // An unreadable file, or one that is too much for this program.
    if (error instanceof Malformed || error instanceof RangeError || error.code) return { verdict: "malformed", reason: error.message };
    throw error;
  }
}

async function main(argv) {
  const seen = new Set();
  const say = (name, { verdict, reason }) => {
    seen.add(verdict);
    console.log(`${name}${verdict}; ${reason}`);
  };
  if (argv.length === 0 || argv[0] === "-h" || argv[0] === "--help") {
    (argv.length ? console.log : console.error)("usage: node verify.mjs CERTIFICATE...    one line a file; or --lines, see the head of this file");
    process.exitCode = argv.length ? EXIT.valid : EXIT.malformed;
    return;
  }
  if (argv[0] === "--lines") {
    for await (const line of createInterface({ input: process.stdin })) say("", judge(() => Buffer.from(JSON.parse(line), "utf-8"), null));
    return;
  }
  for (const path of argv) say(`${path}: `, judge(() => readFileSync(path), dirname(path)));
  process.exitCode = EXIT[WORST_FIRST.find((verdict) => seen.has(verdict)) ?? "malformed"];
}

await main(process.argv.slice(2));
