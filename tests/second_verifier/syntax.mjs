// Strict JSON (section 4 of the format), and as much of JSON Schema as docs/certificate-schema.json uses.
// Guarantee: what is returned has no floats, no duplicate keys, no number in another than the canonical form.

import { Malformed, gcd } from "./numbers.mjs";

const MAX_BYTES = 64 * 2 ** 20;
const MAX_MARKS = 4000000;
const MAX_DEPTH = 40;

const ESCAPES = { '"': '"', "\\": "\\", "/": "/", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" };

/** The value of a JSON text given as bytes; objects become Maps, numbers stay numbers below 10^18 as BigInt. */
export function parseJson(bytes) {
  if (bytes.length > MAX_BYTES) throw new Malformed("too many bytes");
  let source;
  try {
    source = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Malformed("expected UTF-8");
  }
  let marks = 0;
  for (const c of source) if (c === "[" || c === "{" || c === ":") marks++;
  if (marks > MAX_MARKS) throw new Malformed("too many lists and objects");
  let at = 0;

  const fail = (what) => {
    throw new Malformed(`JSON at ${at}: expected ${what}`);
  };
  const space = () => {
    while (" \t\n\r".includes(source[at] ?? "x")) at++;
  };
  const take = (c) => {
    space();
    if (source[at] !== c) fail(c);
    at++;
  };
  const peek = () => {
    space();
    return source[at];
  };
  const match = (pattern) => {
    pattern.lastIndex = at;
    const found = pattern.exec(source);
    if (found) at += found[0].length;
    return found;
  };

  function string() {
    take('"');
    let result = "";
    for (;;) {
      result += match(/[^"\\\u0000-\u001f]*/y)[0];
      const c = source[at++];
      if (c === '"') return result;
      if (c !== "\\") fail("a string without control characters");
      const e = source[at++];
      if (e in ESCAPES) result += ESCAPES[e];
      else if (e === "u") result += String.fromCharCode(parseInt((match(/[0-9a-fA-F]{4}/y) ?? fail("four hexadecimal digits"))[0], 16));
      else fail("an escape");
    }
  }

  function value(depth) {
    const c = peek();
    if (c === '"') return string();
    if (c === "{" || c === "[") {
      if (depth > MAX_DEPTH) fail(`nesting of at most ${MAX_DEPTH}`);
      return c === "{" ? object(depth) : list(depth);
    }
    for (const [word, meaning] of [["true", true], ["false", false], ["null", null]]) {
      if (source.startsWith(word, at)) {
        at += word.length;
        return meaning;
      }
    }
    const found = match(/-?(0|[1-9][0-9]*)(?![0-9.eE])/y);
    if (!found && !/[-0-9]/.test(c ?? "")) fail("a JSON value");
    if (!found || found[0] === "-0" || found[0].length > (found[0][0] === "-" ? 19 : 18)) fail("a canonical integer of at most 18 digits");
    return BigInt(found[0]);
  }

  function object(depth) {
    const result = new Map();
    take("{");
    if (peek() === "}") return take("}"), result;
    for (;;) {
      space();
      const key = string();
      if (result.has(key)) fail(`one key ${JSON.stringify(key)}`);
      take(":");
      result.set(key, value(depth + 1));
      if (peek() === "}") return take("}"), result;
      take(",");
    }
  }

  function list(depth) {
    const result = [];
    take("[");
    if (peek() === "]") return take("]"), result;
    for (;;) {
      result.push(value(depth + 1));
      if (peek() === "]") return take("]"), result;
      take(",");
    }
  }

  const result = value(1);
  if (peek() !== undefined) fail("the end");
  return result;
}

const TYPES = {
  object: (x) => x instanceof Map,
  array: Array.isArray,
  string: (x) => typeof x === "string",
  integer: (x) => typeof x === "bigint",
  boolean: (x) => typeof x === "boolean",
  null: (x) => x === null,
};

const KEYWORDS = new Set(
  ("$schema title description $defs $ref type const enum minimum maximum pattern minLength maxLength minItems maxItems items " +
    "prefixItems required additionalProperties properties maxProperties allOf anyOf oneOf not if then else").split(" "),
);

const MAX_DIGITS = 100000;

/** What the schema's descriptions leave to words, by name of the definition. */
const BEYOND = {
  rational: (x) => {
    const [n, d] = x.split("/");
    return d === undefined || gcd(BigInt(n), BigInt(d)) === 1n;
  },
  matrix: (x) => x.every((row) => row.length === x[0].length),
  integer_row: (x) => x.split(" ").every((word) => word.length - (word[0] === "-") <= MAX_DIGITS),
  psd_proof: (x) => {
    const factor = x.get("factor");
    return x.get("exponents").length === factor.length && factor.every((row, i) => row !== "" && row.split(" ").length === i + 1);
  },
};

/** Whether a value satisfies a schema. A keyword that is not understood here is an error of this program. */
export function matches(schema, value, root) {
  if (typeof schema === "boolean") return schema;
  for (const keyword of Object.keys(schema)) {
    if (!KEYWORDS.has(keyword)) throw new Error(`schema keyword ${keyword} is not understood`);
  }
  const inner = (part, x) => matches(part, x, root);
  if (schema.$ref) {
    const name = schema.$ref.replace("#/$defs/", "");
    if (!inner(root.$defs[name], value) || (name in BEYOND && !BEYOND[name](value))) return false;
  }
  if (schema.type && ![schema.type].flat().some((type) => TYPES[type](value))) return false;
  if ("const" in schema && value !== schema.const) return false;
  if (schema.enum && !schema.enum.includes(value)) return false;
  if (typeof value === "bigint") {
    if (schema.minimum !== undefined && value < BigInt(schema.minimum)) return false;
    if (schema.maximum !== undefined && value > BigInt(schema.maximum)) return false;
  }
  if (typeof value === "string") {
    if (schema.pattern && !new RegExp(schema.pattern, "u").test(value)) return false;
    if (schema.minLength !== undefined && value.length < schema.minLength) return false;
    if (schema.maxLength !== undefined && value.length > schema.maxLength) return false;
  }
  if (Array.isArray(value)) {
    const fixed = schema.prefixItems ?? [];
    if (value.length < (schema.minItems ?? 0) || value.length > (schema.maxItems ?? Infinity)) return false;
    if (!fixed.every((part, i) => i >= value.length || inner(part, value[i]))) return false;
    if (schema.items !== undefined && !value.slice(fixed.length).every((x) => inner(schema.items, x))) return false;
  }
  if (value instanceof Map) {
    if (value.size > (schema.maxProperties ?? Infinity)) return false;
    if (!(schema.required ?? []).every((key) => value.has(key))) return false;
    for (const [key, x] of value) {
      const part = Object.hasOwn(schema.properties ?? {}, key) ? schema.properties[key] : (schema.additionalProperties ?? true);
      if (!inner(part, x)) return false;
    }
  }
  if (schema.allOf && !schema.allOf.every((part) => inner(part, value))) return false;
  if (schema.anyOf && !schema.anyOf.some((part) => inner(part, value))) return false;
  if (schema.oneOf && schema.oneOf.filter((part) => inner(part, value)).length !== 1) return false;
  if (schema.not !== undefined && inner(schema.not, value)) return false;
  if (schema.if !== undefined) {
    const branch = inner(schema.if, value) ? schema.then : schema.else;
    if (branch !== undefined && !inner(branch, value)) return false;
  }
  return true;
}
