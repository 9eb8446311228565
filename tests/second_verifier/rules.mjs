// The rules of section 3 of the format; the reductions and the longer rules have files of their own.
// A rule takes its premises and its payload and returns the statement that it proves, or throws Invalid.

import { bernstein } from "./bernstein.mjs";
import { cad } from "./cad.mjs";
import { columns } from "./columns.mjs";
import { geometric } from "./geometric.mjs";
import {
  Form, ONE, ZERO, add, checkPsd, div, dyadic, equal, expect, integer, least, less, mul, negate, parseRational, parseRow,
  ratio, sign, sub, total,
} from "./numbers.mjs";
import { plucker } from "./plucker.mjs";
import { projections } from "./projections.mjs";
import { blocks, gram, merge, transposed } from "./reductions.mjs";
import { bound, matrix, numbers, oneProblem, problemAnd, rationals, subsets } from "./statements.mjs";

/** A dyadic matrix of the given shape, as rationals. */
function dyadicMatrix(encoded, height, width, what) {
  const rows = encoded.get("rows").map(parseRow);
  expect(rows.length === height && rows.every((row) => row.length === width), `${what} of shape ${height}x${width}`);
  return rows.map((row) => row.map((x) => dyadic(x, Number(encoded.get("exponent")))));
}

function proof(payload, key) {
  const { exponents, factor } = Object.fromEntries(payload.get(key));
  return { exponents: numbers(exponents), factor };
}

const symmetric = (S) => S.every((row, i) => row.every((x, j) => j >= i || equal(x, S[j][i])));

function formOf(S) {
  const form = new Form(S.length);
  form.rows = S.map((row, i) => row.slice(0, i + 1));
  return form;
}

const pairs = (size) => Array.from({ length: size }, (_, i) => Array.from({ length: size - i - 1 }, (_, s) => [i, i + s + 1])).flat();

// 3.2 Lower bounds

function nonnegative(premises) {
  return bound(oneProblem(premises), ZERO);
}

function combine(premises) {
  const [reduction, ...rest] = premises;
  expect(reduction?.kind === "reduction", "a reduction as the first premise");
  expect(rest.length === reduction.children.length, "one bound for each child");
  const usable = (s) => s.kind === "lower" || s.kind === "box";
  expect(rest.every((s, i) => usable(s) && s.problem === reduction.children[i]), "lower bounds of the children in order");
  const sum = bound(reduction.problem, total(rest.map((s) => s.value)));
  const boxed = rest.flatMap((s, i) => (s.kind === "box" ? [i] : []));
  if (!boxed.length) return sum;
  expect(boxed.length === 1 && reduction.rowsOf !== undefined, "one bound on a box, and submatrices");
  expect(reduction.rowsOf[boxed[0]].every((row, i) => row === i) && reduction.rowsOf[boxed[0]].length === sum.problem.m, "a box of all rows");
  return { ...rest[boxed[0]], problem: sum.problem, value: sum.value };
}

/** Add the minors' form L times a factor, its entries beginning at position ``start``. */
function addMinors(form, P, multipliers, factor, start) {
  const [rows, cols] = [pairs(P.m), pairs(P.n)];
  const lambda = dyadicMatrix(multipliers, rows.length, cols.length, "multipliers");
  rows.forEach(([i, i2], a) =>
    cols.forEach(([j, j2], b) => {
      if (!sign(lambda[a][b])) return;
      const value = mul(factor, lambda[a][b]);
      form.put(start + i * P.n + j, start + i2 * P.n + j2, value);
      form.put(start + i * P.n + j2, start + i2 * P.n + j, negate(value));
    }),
  );
}

/** M_0 - tau E_00, minus T on a region; and the statement that its semidefiniteness proves once padded. */
function costForm(P, payload) {
  const tau = parseRational(payload.get("threshold"));
  const M = new Form(1 + P.m * P.n);
  const terms = P.omega.flatMap((row, i) => row.map((w, j) => mul(w, mul(P.A[i][j], P.A[i][j]))));
  M.put(0, 0, sub(total(terms), tau));
  P.omega.forEach((row, i) =>
    row.forEach((w, j) => {
      M.put(0, 1 + i * P.n + j, negate(mul(w, P.A[i][j])));
      M.put(1 + i * P.n + j, 1 + i * P.n + j, w);
    }),
  );
  if (!payload.has("region")) return [M, bound(P, tau)];
  const region = payload.get("region");
  const offsets = rationals(region.get("offsets"));
  const count = offsets.length;
  expect(count > 0, "a half-space");
  const normals = dyadicMatrix(region.get("normals"), count, P.m * P.n, "normals");
  const lines = offsets.map((t, a) => [negate(t), ...normals[a]]);
  const sparse = [[[0, ONE]], ...lines.map((line) => line.map((x, i) => [i, x]).filter(([, x]) => sign(x)))];
  const multipliers = region.get("multipliers");
  const rows = multipliers.get("rows").map(parseRow);
  expect(rows.length === count && rows.every((row, a) => row.length === a + 1), "a + 1 multipliers of half-space a");
  rows.forEach((row, a) =>
    row.forEach((p, b) => {
      expect(p >= 0n, "multipliers >= 0");
      if (p) M.product(dyadic(-p, Number(multipliers.get("exponent"))), sparse[a + 1], sparse[b]);
    }),
  );
  return [M, { kind: "region", problem: P, region: lines, value: tau }];
}

function minors(premises, payload) {
  const P = oneProblem(premises);
  expect(P.k === 1n, "rank 1");
  const [M, statement] = costForm(P, payload);
  addMinors(M, P, payload.get("multipliers"), ONE, 1);
  checkPsd(M, proof(payload, "psd"), "psd");
  return statement;
}

/** Add factor (P (x) Q), its entries beginning at position ``start``. */
function addKronecker(form, S, T, factor, start) {
  const n = T.length;
  S.forEach((row, i) =>
    row.slice(0, i + 1).forEach((x, i2) => {
      if (!sign(x)) return;
      const value = mul(factor, x);
      T.forEach((inner, j) =>
        inner.forEach((y, j2) => {
          if (i * n + j >= i2 * n + j2 && sign(y)) form.put(start + i * n + j, start + i2 * n + j2, mul(value, y));
        }),
      );
    }),
  );
}

function orthogonal(premises, payload) {
  const P = oneProblem(premises);
  const { m, n } = P;
  const [G1, G2] = ["G1", "G2"].map((name) => matrix(payload.get(name)));
  for (const [G, size, name] of [[G1, n, "G1"], [G2, m, "G2"]]) {
    expect(G.length === size && G[0].length === size && symmetric(G), `a symmetric ${name} of ${size} rows`);
    expect(checkPsd(formOf(G), proof(payload, `psd_${name}`), name), `a positive definite ${name}`);
  }
  const [Y1, Y2] = [["Y1", n], ["Y2", m]].map(([name, size]) => dyadicMatrix(payload.get(name), size, size, name));
  expect(symmetric(Y1) && symmetric(Y2), "symmetric Y1 and Y2");
  const share = ratio(1n, P.k);
  const K = new Form(m * n);
  const [M, statement] = costForm(P, payload);
  // K = L - B, and B + K/k = L/k + (1 - 1/k) B.
  for (const [form, onL, onB, start] of [[K, ONE, integer(-1), 0], [M, share, sub(ONE, share), 1]]) {
    addMinors(form, P, payload.get("multipliers"), onL, start);
    addKronecker(form, G2, Y1, onB, start);
    addKronecker(form, Y2, G1, onB, start);
  }
  checkPsd(K, proof(payload, "psd_K"), "K");
  checkPsd(M, proof(payload, "psd_M"), "M");
  return statement;
}

function spectral(premises, payload) {
  const P = oneProblem(premises);
  const { m, n } = P;
  expect(P.k <= BigInt(m), "a rank of at most m");
  const [a, b] = ["a", "b"].map((name) => rationals(payload.get(name)));
  expect(a.length === m && b.length === n, `${m} and ${n} factors`);
  expect([...a, ...b].every((x) => sign(x) > 0), "positive factors");
  const B = payload.has("target") ? matrix(payload.get("target")) : P.A;
  expect(B.length === m && B[0].length === n, "a target of the shape of A");
  const deficits = [];
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      const [w, c] = [P.omega[i][j], mul(a[i], b[j])];
      expect(!less(w, c), `a minorant of the weights at ${i}, ${j}`);
      if (B === P.A) continue;
      const step = sub(P.A[i][j], B[i][j]);
      if (equal(w, c)) expect(!sign(step), `A itself at ${i}, ${j}, where the minorant touches`);
      else deficits.push(mul(div(mul(w, c), sub(w, c)), mul(step, step)));
    }
  }
  const Z = dyadicMatrix(payload.get("Z"), m, m, "Z");
  expect(symmetric(Z), "a symmetric Z");
  checkPsd(formOf(Z), proof(payload, "psd_Z"), "Z");
  const t = parseRational(payload.get("t"));
  const S = new Form(m);
  for (let i = 0; i < m; i++) {
    const scaled = B[i].map((x, j) => mul(x, b[j]));
    for (let l = 0; l <= i; l++) S.put(i, l, add(total(scaled.map((x, j) => mul(x, B[l][j]))), Z[i][l]));
    S.put(i, i, negate(div(t, a[i])));
  }
  checkPsd(S, proof(payload, "psd"), "psd");
  const trace = total(Z.map((row, i) => mul(a[i], row[i])));
  return bound(P, sub(sub(mul(ratio(BigInt(m) - P.k), t), trace), total(deficits)));
}

// 3.3 and 3.4: boxes and regions

const sameList = (x, y) => x.length === y.length && x.every((value, i) => (value.n === undefined ? value === y[i] : equal(value, y[i])));

function split(premises, payload) {
  const [P, boxes] = problemAnd(premises, "box");
  expect(boxes.length === 2 && sameList(boxes[0].pivots, boxes[1].pivots), "two boxes of one chart");
  const [first, second] = boxes;
  const at = Number(payload.get("coordinate"));
  const point = parseRational(payload.get("point"));
  expect(at < first.lower.length, "a coordinate of the chart");
  expect(equal(first.upper[at], point) && equal(second.lower[at], point), "boxes that meet at the point");
  const others = (list) => list.filter((_, i) => i !== at);
  for (const side of ["lower", "upper"]) expect(sameList(others(first[side]), others(second[side])), "boxes alike elsewhere");
  const upper = first.upper.map((x, i) => (i === at ? second.upper[at] : x));
  return { ...first, problem: P, upper, value: least([first.value, second.value]) };
}

function chartCover(premises) {
  const [P, boxes] = problemAnd(premises, "box");
  expect(P.k < BigInt(P.m), "a rank below m");
  let count = 0;
  for (const pivots of subsets(P.m, Number(P.k))) {
    const box = boxes[count++];
    expect(box !== undefined && sameList(box.pivots, pivots), "one box for each set of pivots, in order");
    expect(box.lower.every((x) => !less(integer(-1), x)) && box.upper.every((x) => !less(x, ONE)), "boxes that contain the unit box");
  }
  expect(count === boxes.length, "no further boxes");
  return bound(P, least(boxes.map((box) => box.value)));
}

function cut(premises, payload) {
  const [P, regions] = problemAnd(premises, "region");
  expect(regions.length === 2, "two regions");
  const at = [Number(payload.get("first")), Number(payload.get("second"))];
  const [[line, ...left], [opposite, ...right]] = regions.map(({ region }, i) => {
    expect(at[i] < region.length, "a half-space of the region");
    return [region[at[i]], ...region.filter((_, a) => a !== at[i])];
  });
  expect(sameList(line, opposite.map(negate)), "opposite half-spaces");
  const rest = [...left, ...right.filter((l) => !left.some((other) => sameList(l, other)))];
  const value = least(regions.map((s) => s.value));
  return rest.length ? { kind: "region", problem: P, region: rest, value } : bound(P, value);
}

// 3.5 Upper bounds

function witness(premises, payload) {
  const P = oneProblem(premises);
  const [U, V] = ["U", "V"].map((name) => matrix(payload.get(name)));
  expect(U.length === P.m && BigInt(U[0].length) === P.k, "U of shape m x k");
  expect(BigInt(V.length) === P.k && V[0].length === P.n, "V of shape k x n");
  const rows = P.A.map((row, i) =>
    total(
      row.map((a, j) => {
        if (!sign(P.omega[i][j])) return ZERO;
        const residual = sub(a, total(U[i].map((u, l) => mul(u, V[l][j]))));
        return mul(P.omega[i][j], mul(residual, residual));
      }),
    ),
  );
  return { kind: "upper", problem: P, value: total(rows) };
}

/** The rules by name. */
export const RULES = {
  transpose: transposed, blocks, merge, gram, nonnegative, combine, minors, orthogonal, spectral,
  bernstein: (premises, payload) => bound(...bernstein(oneProblem(premises), payload)),
  cad: (premises, payload) => bound(...cad(oneProblem(premises), payload)),
  plucker: (premises, payload) => bound(...plucker(oneProblem(premises), payload, proof)),
  projections: (premises, payload) => bound(...projections(oneProblem(premises), payload, proof)),
  columns: (premises, payload) => columns(oneProblem(premises), payload, (key, part = payload) => proof(part, key)),
  geometric: (premises, payload) => geometric(oneProblem(premises), payload),
  split, chart_cover: chartCover, cut, witness,
};
