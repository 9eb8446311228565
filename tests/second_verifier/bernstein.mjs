// Rule `bernstein` (section 3.2): the reduced cost, cleared of denominators, on the leaves of a tree.

import { ONE, add, common, div, equal, expect, gcd, limit, mul, negate, parseRational, sign } from "./numbers.mjs";
import { subsets } from "./statements.mjs";

// Polynomials in the chart coordinates are Maps from sum_a exponent_a (nu + 1)^a to coefficients.

const constant = (c) => new Map(sign(c) ? [[0, c]] : []);

function plus(f, g, factor = ONE) {
  const sum = new Map(f);
  for (const [key, c] of g) sum.set(key, add(sum.get(key) ?? { n: 0n, d: 1n }, mul(factor, c)));
  return sum;
}

function times(f, g) {
  const product = new Map();
  for (const [x, a] of f) for (const [y, b] of g) product.set(x + y, add(product.get(x + y) ?? { n: 0n, d: 1n }, mul(a, b)));
  return product;
}

/** The determinant of a square matrix of polynomials, by its first row. */
function determinant(rows) {
  if (rows.length === 0) return constant(ONE);
  let sum = new Map();
  rows[0].forEach((entry, j) => {
    if (entry.size === 0) return;
    const minor = determinant(rows.slice(1).map((row) => row.filter((_, l) => l !== j)));
    sum = plus(sum, times(entry, minor), j % 2 ? { n: -1n, d: 1n } : ONE);
  });
  return sum;
}

/** The groups [w, [[j, s_j], ...]] of columns with proportional weights, those with at most k weights left out. */
export function groupsOf(P) {
  const groups = [];
  for (let j = 0; j < P.n; j++) {
    const w = P.omega.map((row) => row[j]);
    const first = w.findIndex(sign);
    if (BigInt(w.filter(sign).length) <= P.k) continue;
    const group = groups.find(([base]) => sign(base[first]) && base.every((x, i) => equal(mul(x, w[first]), mul(w[i], base[first]))));
    if (group) group[1].push([j, div(w[first], group[0][first])]);
    else groups.push([w, [[j, ONE]]]);
  }
  return groups;
}

/** H for one set of pivots. */
export function reducedCost(P, groups, pivots, tau, nu) {
  const k = pivots.length;
  let coordinate = 0;
  const U = P.A.map((_, i) => {
    const l = pivots.indexOf(i);
    return Array.from({ length: k }, (_, c) => (l >= 0 ? constant(c === l ? ONE : { n: 0n, d: 1n }) : new Map([[(nu + 1) ** coordinate++, ONE]])));
  });
  const minors = new Map();
  for (const S of subsets(P.m, k)) minors.set(S.join(), determinant(S.map((i) => U[i])));
  const weightOf = (w, S) => S.reduce((x, i) => mul(x, w[i]), ONE);
  const parts = groups.map(([w, members]) => {
    let den = new Map();
    for (const S of subsets(P.m, k)) {
      const factor = weightOf(w, S);
      if (sign(factor)) den = plus(den, times(minors.get(S.join()), minors.get(S.join())), factor);
    }
    let num = new Map();
    for (const S of subsets(P.m, k + 1)) {
      const factor = weightOf(w, S);
      if (!sign(factor)) continue;
      for (const [j, s] of members) {
        let det = new Map(); // of [a_j, U] on the rows S, by its first column
        S.forEach((i, r) => {
          const value = r % 2 ? negate(P.A[i][j]) : P.A[i][j];
          det = plus(det, minors.get(S.filter((x) => x !== i).join()), value);
        });
        num = plus(num, times(det, det), mul(factor, s));
      }
    }
    return { num, den };
  });
  const product = (factors) => factors.reduce(times, constant(ONE));
  let H = plus(new Map(), product(parts.map(({ den }) => den)), negate(tau));
  parts.forEach(({ num }, g) => {
    H = plus(H, times(num, product(parts.filter((_, h) => h !== g).map(({ den }) => den))));
  });
  return H;
}

function binomial(n, r) {
  let value = 1n;
  for (let i = 0; i < r; i++) value = (value * BigInt(n - i)) / BigInt(i + 1);
  return value;
}

/** Apply a map of lists of length nu + 1 along one axis of a tensor. */
function alongAxis(tensor, nu, axis, map) {
  const step = (nu + 1) ** axis;
  const result = Array(tensor.length);
  for (let at = 0; at < tensor.length; at++) {
    if (Math.floor(at / step) % (nu + 1)) continue;
    const line = map(Array.from({ length: nu + 1 }, (_, i) => tensor[at + i * step]));
    line.forEach((x, i) => (result[at + i * step] = x));
  }
  return result;
}

/** Positive multiples of the Bernstein coefficients on [-1, 1]^d. */
function coefficients(H, nu, d) {
  const { integers } = common([...H.values()]);
  let tensor = Array((nu + 1) ** d).fill(0n);
  [...H.keys()].forEach((key, i) => (tensor[key] = integers[i]));
  const all = Array.from({ length: nu + 1 }, (_, i) => binomial(nu, i));
  const lcm = all.reduce((x, y) => (x / gcd(x, y)) * y, 1n);
  const convert = (line) => {
    // R = -1 + 2 t, then t^j = sum_i C(i, j) / C(nu, j) B_i
    const powers = line.map((_, j) => line.reduce((sum, c, i) => (i < j ? sum : sum + c * binomial(i, j) * (1n << BigInt(j)) * ((i - j) % 2 ? -1n : 1n)), 0n));
    return line.map((_, i) => powers.reduce((sum, c, j) => (j > i ? sum : sum + c * binomial(i, j) * (lcm / all[j])), 0n));
  };
  for (let a = 0; a < d; a++) tensor = alongAxis(tensor, nu, a, convert);
  return tensor;
}

/** Positive multiples of the coefficients on one half of the box (de Casteljau at the middle). */
function half(tensor, nu, axis, upper) {
  return alongAxis(tensor, nu, axis, (line) => {
    const result = Array(nu + 1);
    for (let level = 0; level <= nu; level++) {
      const i = upper ? nu - level : level;
      result[i] = line[upper ? line.length - 1 : 0] << BigInt(nu - level);
      line = line.slice(1).map((x, s) => x + line[s]);
    }
    return result;
  });
}

/** The problem and the threshold that a payload of rule bernstein proves. */
export function bernstein(P, payload) {
  const k = Number(P.k);
  const d = P.k < BigInt(P.m) ? k * (P.m - k) : 0;
  expect(1 <= d && d <= 10, "from 1 to 10 coordinates");
  const tau = parseRational(payload.get("threshold"));
  const groups = groupsOf(P);
  const nu = 2 * groups.length;
  limit((nu + 1) ** d <= 2 ** 18, "Bernstein coefficients");
  const trees = payload.get("trees");
  let count = 0;
  for (const pivots of subsets(P.m, k)) {
    const tree = trees[count++];
    expect(tree !== undefined, "one tree for each set of pivots");
    const waiting = [coefficients(reducedCost(P, groups, pivots, tau, nu), nu, d)];
    for (const c of tree) {
      expect(waiting.length > 0, "nothing after the tree");
      const tensor = waiting.pop();
      if (c === ".") expect(tensor.every((b) => b >= 0n), "non-negative coefficients on a leaf");
      else {
        expect(Number(c) < d, `a coordinate below ${d}`);
        waiting.push(half(tensor, nu, Number(c), true), half(tensor, nu, Number(c), false));
      }
    }
    expect(waiting.length === 0, "a whole tree");
  }
  expect(count === trees.length, "no further trees");
  return [P, tau];
}
