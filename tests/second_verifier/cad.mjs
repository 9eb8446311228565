// Rule `cad` (section 3.2): the sign of the reduced cost on one chart of one or two coordinates.

import { groupsOf, reducedCost } from "./bernstein.mjs";
import { common, expect, gcd, less, limit, parseRational, parseRow } from "./numbers.mjs";

// Polynomials in one variable are lists of BigInts, the constant first; in two variables, lists of such lists.

const times = (f, g) => {
  const product = Array(f.length + g.length - 1).fill(0n);
  f.forEach((a, i) => g.forEach((b, j) => (product[i + j] += a * b)));
  return product;
};

const plus = (f, g) => Array.from({ length: Math.max(f.length, g.length) }, (_, i) => (f[i] ?? 0n) + (g[i] ?? 0n));

/** q^n f(p/q), n one less than the length. */
const valueAt = (f, p, q) => f.reduceRight(([sum, scale], c) => [sum * p + c * scale, scale * q], [0n, 1n])[0];

/** sum f_i top^i bottom^(n - i) for linear polynomials in t. */
function substitute(f, top, bottom) {
  let sum = [0n];
  let power = [1n];
  for (let i = f.length - 1; i >= 0; i--) {
    sum = plus(times(sum, top), times([f[i]], power));
    power = times(power, bottom);
  }
  return Array.from({ length: f.length }, (_, i) => sum[i] ?? 0n);
}

/** Positive multiples of the coefficients of f on all sections of the cuts. */
function* onSections(f, cuts) {
  for (let i = 0; i <= cuts.length; i++) {
    const [low, high] = [cuts[i - 1], cuts[i]];
    if (low === undefined) yield substitute(f, [high.n, -high.d], [high.d]);
    else if (high === undefined) yield substitute(f, [low.n, low.d], [low.d]);
    else yield substitute(f, [low.n * high.d, high.n * low.d], [low.d * high.d, low.d * high.d]);
  }
}

function changes(line) {
  const signs = line.filter((c) => c !== 0n).map((c) => c > 0n);
  return signs.filter((s, i) => i > 0 && s !== signs[i - 1]).length;
}

const increasing = (list) => list.every((x, i) => i === 0 || less(list[i - 1], x));

function expectNonNegative(f, cuts) {
  expect(increasing(cuts), "increasing cuts");
  for (const line of onSections(f, cuts)) expect(line.every((c) => c >= 0n), "no negative coefficient between cuts");
}

/** The determinant of a square matrix of integers, by elimination without fractions. */
function determinant(M) {
  let last = 1n;
  let flips = 1n;
  for (let c = 0; c < M.length; c++) {
    const r = M.findIndex((row, i) => i >= c && row[c] !== 0n);
    if (r < 0) return 0n;
    if (r !== c) [M[r], M[c], flips] = [M[c], M[r], -flips];
    for (let i = c + 1; i < M.length; i++) {
      for (let j = c + 1; j < M.length; j++) M[i][j] = (M[i][j] * M[c][c] - M[i][c] * M[c][j]) / last;
    }
    last = M[c][c];
  }
  return flips * last;
}

/** The resultant of f (of degree n) and its derivative, up to a sign that n determines: Bezout's matrix. */
function discriminant(f) {
  const n = f.length - 1;
  if (f[n] === 0n) return 0n;
  if (n === 0) return f[0];
  const g = [...f.slice(1).map((c, i) => c * BigInt(i + 1)), 0n];
  const M = f.slice(1).map((_, i) =>
    f.slice(1).map((_, j) => {
      let sum = 0n;
      for (let k = 0; k <= Math.min(i, n - 1 - j); k++) sum += f[j + k + 1] * g[i - k] - f[i - k] * g[j + k + 1];
      return sum;
    }),
  );
  return determinant(M) / f[n];
}

/** c H = S^2 T, c > 0; returns T. */
function restOf(square, H, nu, d) {
  const [S, T] = ["root", "rest"].map((key) => square.get(key).map(parseRow));
  const width = (rows) => Math.max(1, ...rows.map((row) => row.length)) - 1;
  expect(2 * (S.length - 1) + T.length - 1 <= nu, "the degree of H in y");
  expect(2 * width(S) + width(T) <= (d === 2 ? nu : 0), "the degree of H in x");
  const product = (f, g) => {
    const rows = Array.from({ length: f.length + g.length - 1 }, () => []);
    f.forEach((a, i) => g.forEach((b, j) => a.length && b.length && (rows[i + j] = plus(rows[i + j], times(a, b)))));
    return rows;
  };
  const whole = product(product(S, S), T);
  const at = (rows, i, j) => rows[j]?.[i] ?? 0n;
  const places = H.flatMap((row, j) => row.map((_, i) => [i, j]));
  const [i0, j0] = places.find(([i, j]) => H[j][i] !== 0n);
  const [ours, told] = [H[j0][i0], at(whole, i0, j0)];
  expect(ours * told > 0n && places.every(([i, j]) => H[j][i] * told === at(whole, i, j) * ours), "H from the root and the rest");
  return T;
}

/** The resultant of T and its derivative is c times the product of the powers of the factors, c not 0. */
function expectResultant(T, factors) {
  const terms = T.flatMap((row, j) => row.map((c, i) => [c, i, j])).filter(([c]) => c !== 0n);
  const [n, a, t] = [T.length - 1, Math.max(...terms.map(([, i]) => i)), Math.max(...terms.map(([, i, j]) => i + j))];
  const degree = n ? Math.min((2 * n - 1) * a, (2 * n - 1) * (t - n) + n * (n - 1)) : a;
  const degrees = factors.map(([power, F]) => power * BigInt(F.length - 1));
  expect(degrees.reduce((x, y) => x + y, 0n) <= BigInt(degree), "a degree that a resultant can have");
  const pairs = Array.from({ length: degree + 1 }, (_, x) => [
    discriminant(T.map((row) => valueAt(row, BigInt(x), 1n))),
    factors.reduce((value, [power, F]) => value * valueAt(F, BigInt(x), 1n) ** power, 1n),
  ]);
  const first = pairs.find(([, claimed]) => claimed !== 0n);
  expect(first[0] !== 0n, "a resultant that is not zero");
  expect(pairs.every(([value, claimed]) => value * first[1] === claimed * first[0]), "the factors of the resultant");
}

/** The problem and the threshold that a payload of rule cad proves. */
export function cad(P, payload) {
  const k = Number(P.k);
  const d = P.k < BigInt(P.m) ? k * (P.m - k) : 0;
  expect(d === 1 || d === 2, "one or two coordinates");
  const pivots = payload.get("pivots").map(Number);
  expect(pivots.length === k && pivots.every((p, i) => p < P.m && (i === 0 || pivots[i - 1] < p)), "k increasing rows");
  const tau = parseRational(payload.get("threshold"));
  const groups = groupsOf(P);
  const nu = 2 * groups.length;
  limit((nu + 1) ** d <= 2 ** 18, "coefficients");
  const reduced = reducedCost(P, groups, pivots, tau, nu);
  const H = Array.from({ length: nu + 1 }, () => Array(d === 2 ? nu + 1 : 1).fill(0n));
  const { integers } = common([...reduced.values()]);
  const content = integers.reduce(gcd, 0n);
  const samples = payload.get("samples").map((sample) => ["at", "cuts"].map((key) => sample.get(key).map(parseRational)));
  if (content === 0n) return [P, tau];
  [...reduced.keys()].forEach((key, i) => {
    const [x, y] = d === 2 ? [key % (nu + 1), Math.floor(key / (nu + 1))] : [0, key];
    H[y][x] = integers[i] / content;
  });
  const T = payload.has("square") ? restOf(payload.get("square"), H, nu, d) : H;
  while (T[T.length - 1].every((c) => c === 0n)) T.pop();
  expect(samples.every(([at]) => at.length === d - 1), "the coordinates of a sample");
  const factors = payload.get("factors").map((factor) => [factor.get("power"), parseRow(factor.get("coefficients"))]);
  if (d === 1) {
    expect(samples.length === 1 && factors.length === 0 && samples[0][1].length > 0, "one sample, with cuts, and no factor");
    expectNonNegative(T.map((row) => row[0]), samples[0][1]);
    return [P, tau];
  }
  expect(factors.every(([power, F]) => power >= 1n && F.length >= 2 && F[F.length - 1] !== 0n), "factors with a root and a power");
  expectResultant(T, factors);
  expect(samples.length > 0, "a sample");
  const xs = samples.map(([at]) => at[0]);
  expect(increasing(xs), "increasing samples");
  expect(xs.every((x) => factors.every(([, F]) => valueAt(F, x.n, x.d) !== 0n)), "samples that are no roots");
  const counts = Array(xs.length + 1).fill(0);
  for (const [, F] of factors) [...onSections(F, xs)].forEach((line, i) => (counts[i] += changes(line)));
  expect(counts[0] === 0 && counts[xs.length] === 0, "no root beyond the samples");
  expect(counts.every((count) => count <= 1), "one root between samples");
  const width = Math.max(...T.map((row) => row.length));
  const padded = T.map((row) => [...row, ...Array(width - row.length).fill(0n)]);
  let shown = false;
  samples.forEach(([[x], cuts], i) => {
    if (cuts.length > 0) {
      expectNonNegative(padded.map((row) => valueAt(row, x.n, x.d)), cuts);
      shown = true;
    }
    if (counts[i + 1] === 1 || i === samples.length - 1) {
      expect(shown, "a sample with cuts in every group");
      shown = false;
    }
  });
  return [P, tau];
}
