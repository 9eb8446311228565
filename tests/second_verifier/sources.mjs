// Instances that stand for a larger problem, and the files that hold it (section 4.1 of the format).

import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { readArrays } from "./arrays.mjs";
import { Malformed, ZERO, bitLength, div, equal, expect, mul, parseRow, ratio, sign, text, total } from "./numbers.mjs";
import { Problem, matrix } from "./statements.mjs";

/** How often each line of the core occurs. */
function counts(side, size) {
  let found;
  if (side.has("counts")) found = side.get("counts");
  else {
    found = [];
    for (const label of parseRow(side.get("labels"))) {
      if (label < 0n || label >= BigInt(size)) throw new Malformed(`expected labels from 0 to ${size - 1}`);
      found[label] = (found[label] ?? 0n) + 1n;
    }
  }
  if (found.length !== size || Array.from(found).some((x) => x === undefined)) throw new Malformed(`expected counts of ${size} lines`);
  return Array.from(found);
}

/** The problem that steps call `instance`. */
export function rootProblem(instance) {
  const [A, omega] = ["A", "omega"].map((key) => matrix(instance.get(key)));
  const k = instance.get("k");
  if (instance.has("groups") && instance.get("groups").reduce((x, y) => x + y, 0n) !== BigInt(A.length)) {
    throw new Malformed("expected groups that make up the core");
  }
  if (!instance.has("rows")) return new Problem(A, omega, k);
  const [r, c] = [counts(instance.get("rows"), A.length), counts(instance.get("columns"), A[0].length)];
  return new Problem(A, omega.map((row, a) => row.map((w, b) => mul(ratio(r[a] * c[b]), w))), k);
}

/** What is left unchecked of the instance's source: "" when it is the subject. */
export function checkSource(instance, folder) {
  if (!instance.has("source")) return "";
  const source = instance.get("source");
  const path = folder === null ? null : join(folder, source.get("name"));
  let bytes;
  try {
    if (path === null || !statSync(path).isFile()) return `source ${source.get("name")} is not at hand`;
    bytes = readFileSync(path);
  } catch {
    return `source ${source.get("name")} is not at hand`;
  }
  expect(createHash("sha256").update(bytes).digest("hex") === source.get("sha256"), "a source with the SHA-256 of the certificate");
  const pair = new Pair(readArrays(bytes, source.get("format")));
  if (instance.has("groups")) checkCompressed(instance, pair);
  else checkPatterned(instance, pair);
  return "";
}

/** The pair (A, Omega) of a file: cells are numbered, equal cells alike, so that lines are compared by numbers. */
class Pair {
  constructor(arrays) {
    const A = arrays.get("A");
    const name = ["omega", "W"].find((x) => arrays.has(x));
    expect(!(arrays.has("omega") && arrays.has("W")), "one kind of weights");
    const W = name ? arrays.get(name) : null;
    expect(A.shape.length === 2 && (!W || String(W.shape) === String(A.shape)), "A, and weights of its shape");
    [this.height, this.width] = A.shape;
    this.values = []; // [a, w] of each cell number
    const numbers = new Map();
    const seen = new Map(); // bits of (A, W) to cell number
    const number = (i) => {
      const bits = `${A.key(i)} ${W ? W.key(i) : ""}`;
      if (!seen.has(bits)) {
        const a = A.value(i);
        let w = ratio(1n);
        if (a !== null && W) {
          w = W.value(i);
          expect(w !== null && sign(w) >= 0, "weights >= 0");
          if (name === "W") w = mul(w, w);
        }
        const value = a === null || !sign(w) ? [ZERO, ZERO] : [a, w];
        const key = value.map(text).join();
        if (!numbers.has(key)) numbers.set(key, this.values.push(value) - 1);
        seen.set(bits, numbers.get(key));
      }
      return seen.get(bits);
    };
    this.cells = Array.from({ length: this.height * this.width }, (_, i) => number(i));
    const labels = ["row_labels", "col_labels"].map((x) => arrays.get(x));
    expect((labels[0] === undefined) === (labels[1] === undefined), "both kinds of labels or none");
    this.labels = labels[0] && labels.map((array, axis) => this.labelsOf(array, A.shape[axis]));
  }

  labelsOf(array, size) {
    expect(array.shape.length === 1 && array.isInteger, "labels of one dimension, integers");
    return Array.from({ length: array.shape[0] }, (_, i) => {
      const label = array.value(i).n;
      expect(0n <= label && label < BigInt(size), `labels below ${size}`);
      return Number(label);
    });
  }

  row(i) {
    return this.cells.slice(i * this.width, (i + 1) * this.width);
  }
}

/** The distinct lines in order of first appearance, and how often each occurs, by multiplicities of the given ones. */
function merged(lines, multiplicities) {
  const found = new Map();
  lines.forEach((line, i) => {
    const key = line.join();
    if (!found.has(key)) found.set(key, [line, 0n]);
    found.get(key)[1] += multiplicities[i];
  });
  return [[...found.values()].map(([line]) => line), [...found.values()].map(([, count]) => count)];
}

const flip = (rows) => rows[0].map((_, j) => rows.map((row) => row[j]));
const ones = (list) => list.map(() => 1n);

function checkPatterned(instance, pair) {
  let rows = Array.from({ length: pair.height }, (_, i) => pair.row(i));
  if (pair.labels) {
    const [down, across] = pair.labels;
    const [labels] = merged(across.map((x) => [x]), ones(across));
    const columnCounts = labels.map(([x]) => BigInt(across.filter((y) => y === x).length));
    const [used] = merged(down.map((x) => [x]), ones(down));
    const rowCounts = used.map(([x]) => BigInt(down.filter((y) => y === x).length));
    rows = used.map(([i]) => labels.map(([j]) => rows[i][j]));
    compare(instance, pair, rows, rowCounts, columnCounts);
  } else compare(instance, pair, rows, ones(rows), ones(rows[0]));
}

function compare(instance, pair, table, rowWeights, columnWeights) {
  const [rows, r] = merged(table, rowWeights);
  const [columns, c] = merged(flip(rows), columnWeights);
  const core = flip(columns);
  for (const [side, found] of [["rows", r], ["columns", c]]) {
    const size = side === "rows" ? instance.get("A").length : instance.get("A")[0].length;
    expect(String(counts(instance.get(side), size)) === String(found), `the multiplicities of the file's ${side}`);
  }
  core.forEach((row, i) =>
    row.forEach((cell, j) => {
      const [a, w] = pair.values[cell];
      expect(instance.get("A")[i][j] === text(a) && instance.get("omega")[i][j] === text(w), `the file's core at ${i}, ${j}`);
    }),
  );
}

function checkCompressed(instance, pair) {
  const n = pair.width;
  expect(!pair.labels, "a file without labels");
  expect(instance.get("A")[0].length === n, `${n} columns`);
  // Integers proportional to the values of A.
  const unit = pair.values.reduce((q, [a]) => (bitLength(a.d) > bitLength(q) ? a.d : q), 1n);
  const integers = pair.values.map(([a]) => (a.n * unit) / a.d); // denominators are powers of two
  const groups = new Map();
  for (let i = 0; i < pair.height; i++) {
    const row = pair.row(i);
    const key = row.map((cell) => text(pair.values[cell][1])).join();
    if (!groups.has(key)) groups.set(key, { w: row.map((cell) => pair.values[cell][1]), sums: Array((n * (n + 1)) / 2).fill(0n) });
    const { sums } = groups.get(key);
    const values = row.map((cell) => integers[cell]);
    for (let j = 0, at = 0; j < n; j++) for (let l = 0; l <= j; l++) sums[at++] += values[j] * values[l];
  }
  const sizes = instance.get("groups").map(Number);
  expect(sizes.length === groups.size, `${groups.size} groups of rows`);
  const [A, omega] = ["A", "omega"].map((key) => matrix(instance.get(key)));
  let start = 0;
  [...groups.values()].forEach(({ w, sums }, g) => {
    const rows = Array.from({ length: sizes[g] }, (_, t) => start + t);
    start += sizes[g];
    const first = w.findIndex(sign);
    const d = rows.map((t) => (first < 0 ? ratio(1n) : div(omega[t][first], w[first])));
    rows.forEach((t, s) => {
      expect(sign(d[s]) > 0 && omega[t].every((x, j) => equal(x, mul(d[s], w[j]))), "weights proportional to the group's");
    });
    for (let j = 0, at = 0; j < n; j++) {
      for (let l = 0; l <= j; l++) {
        const now = total(rows.map((t, s) => mul(d[s], mul(A[t][j], A[t][l]))));
        expect(equal(now, ratio(sums[at++], unit * unit)), `the Gram matrix of the file's group at ${j}, ${l}`);
      }
    }
  });
}
