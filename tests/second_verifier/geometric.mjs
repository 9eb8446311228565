// Rule `geometric` (section 3.4): multipliers of the logarithms of the entries, in integers with p bits after the point.

import { ZERO, bitLength, expect, integer, limit, negate, parseRational, parseRow } from "./numbers.mjs";

const floorDiv = (x, y) => (x % y !== 0n && x < 0n !== y < 0n ? x / y - 1n : x / y);
const larger = (x, y) => (x === null ? y : y === null || x > y ? x : y); // null is no bound
const smaller = (x, y) => (x === null ? y : y === null || x < y ? x : y);
const most = (...values) => values.reduce((x, y) => (y > x ? y : x));
const greatest = (counts) => counts.reduce((x, y) => Math.max(x, y), 0);
const sum = (values) => values.reduce((x, y) => x + y, 0n);

/** floor(sqrt x) by Newton's iteration from above. */
function root(x) {
  if (x < 2n) return x;
  let r = 1n << BigInt((bitLength(x) + 2) >> 1);
  for (;;) {
    const next = (r + x / r) >> 1n;
    if (next >= r) return r;
    r = next;
  }
}

/** The arithmetic of one precision. */
class Units {
  constructor(p) {
    this.p = p;
    this.third = this.series((1n << p) / 3n);
  }

  floor(x) {
    return floorDiv(x.n << this.p, x.d);
  }

  ceiling(x) {
    return -this.floor(negate(x));
  }

  series(s) {
    let result = 0n;
    for (let [r, j] = [s, 0n]; r > 0n; j++) {
      result += r / (2n * j + 1n);
      r = (((r * s) >> this.p) * s) >> this.p;
    }
    return 2n * result;
  }

  /** [log-, log+] of an integer y >= 1. */
  log(y) {
    const k = BigInt(bitLength(y) - 1);
    const low = k * this.third + this.series(((y - (1n << k)) << this.p) / (y + (1n << k)));
    return [low, low + (k + 1n) * (2n * this.p + 16n)];
  }

  /** The interval [l, h] cut with the half s x >= t. */
  cut([l, h], s, t) {
    const end = this.floor(t);
    return s > 0n ? [larger(l, end), h] : [l, smaller(h, -end)];
  }

  /** The least term: multiplier mu 2^e, data a, weight omega. */
  least(mu, e, a, omega, [l, h]) {
    expect(l === null || h === null || l <= h, "an interval that is not empty");
    const p = this.p;
    const W = this.floor(omega);
    if (mu === 0n) {
      const d = most(0n, l === null ? 0n : l - this.ceiling(a), h === null ? 0n : this.floor(a) - h);
      return (W * d * d) >> (2n * p);
    }
    expect(W >= 1n, "a weight of at least 2^-p");
    // 2^(2p) D = 2^(2p) a^2 + 2^(3p + 1 + e) mu / W, as a fraction
    const shift = 3n * p + 1n + e;
    const [up, down] = shift >= 0n ? [1n << shift, 1n] : [1n, 1n << -shift];
    const D = floorDiv(((a.n * a.n * W * down) << (2n * p)) + a.d * a.d * mu * up, a.d * a.d * W * down);
    const values = [];
    const minus = (end) => (end === null ? null : -end);
    for (const [alpha, left, right] of [[a, l, h], [negate(a), minus(h), minus(l)]]) {
      if (right !== null && right < 1n) continue;
      const b = left === null ? 0n : most(0n, left);
      const [f, c] = [this.floor(alpha), this.ceiling(alpha)];
      const move = (x) => smaller(most(b, x), right);
      const points = [];
      if (mu < 0n) {
        expect(b >= 1n, "a negative multiplier away from 0");
        points.push([b, b]);
      }
      if (D >= 0n) points.push([move((f + root(D)) >> 1n), move((c + root(D) + 2n) >> 1n)]);
      for (const [s, S] of points) {
        const d = most(0n, s - c, f - S);
        const term = -mu * (mu < 0n ? this.log(s)[0] : this.log(S)[1]);
        values.push(((W * d * d) >> (2n * p)) + (e >= 0n ? term << e : term >> -e));
      }
    }
    expect(values.length > 0, "a least term");
    return values.reduce((x, y) => smaller(x, y));
  }

  /** Around 2^p times the values of omega x (a - x) on an interval: [the least, null for -infinity; the greatest]. */
  scalingRange(a, omega, [l, h]) {
    if (omega.n === 0n) return [0n, 0n];
    const unit = 1n << this.p;
    // omega x (a - x) 2^p for x = X / (2 a.d 2^p) as a fraction over 4 omega.d a.d^2 2^p
    const middle = a.n * unit;
    const [left, right] = [l, h].map((end) => (end === null ? null : end * 2n * a.d));
    const value = (X) => omega.n * X * (2n * middle - X);
    const over = 4n * omega.d * a.d * a.d * unit;
    const best = left !== null && left > middle ? left : right !== null && right < middle ? right : middle;
    const worst = left === null || right === null ? null : smaller(value(left), value(right));
    return [worst === null ? null : floorDiv(worst, over), -floorDiv(-value(best), over)];
  }
}

/** The limits of section 6 on half-spaces and on rounds. */
function limitWork(P, payload) {
  const rounds = payload.get("rounds");
  const multipliers = rounds.map((round) => round.get("multipliers"));
  const longest = greatest(multipliers.flatMap((dyadic) => dyadic.get("rows").flatMap((row) => row.split(" ").map((word) => word.length))));
  const exponent = greatest(multipliers.map((dyadic) => Math.abs(Number(dyadic.get("exponent")))));
  const bits = ({ n, d }) => bitLength(n) + bitLength(d);
  const entry = greatest(P.A.flatMap((row, i) => row.map((a, j) => bits(a) + bits(P.omega[i][j]))));
  const width = BigInt(4 * Number(payload.get("precision")) + exponent + 4 * longest + entry);
  const scalings = (round) => (round.get("scalings") ?? []).length * (P.m + P.n);
  const terms = rounds.reduce((count, round) => count + P.m * P.n + round.get("cuts").length + scalings(round), 0);
  limit(payload.get("half_spaces").length * P.m * P.n <= 2 ** 26, "the half-spaces");
  limit(BigInt(terms) * width ** 2n <= 2n ** 40n, "the rounds");
}

export function geometric(P, payload) {
  expect(P.k === 1n, "rank 1");
  limitWork(P, payload);
  const units = new Units(payload.get("precision"));
  const tau = parseRational(payload.get("threshold"));
  const intervals = P.A.map((row) => row.map(() => [null, null]));
  const reads = ([i, j, s, t]) => {
    expect(i < BigInt(P.m) && j < BigInt(P.n), "an entry of the matrix");
    return [Number(i), Number(j), s, parseRational(t)];
  };
  const apply = ([i, j, s, t]) => (intervals[i][j] = units.cut(intervals[i][j], s, t));
  const halves = payload.get("half_spaces").map(reads);
  halves.forEach(apply);
  const enough = (x) => x * tau.d >= tau.n << units.p;

  let all = 0n;
  for (const round of payload.get("rounds")) {
    const e = round.get("multipliers").get("exponent");
    const mu = round.get("multipliers").get("rows").map(parseRow);
    expect(mu.length === P.m && mu.every((row) => row.length === P.n), "a multiplier for each entry");
    expect(mu.every((row) => sum(row) === 0n), "zero sums over rows");
    expect(mu[0].every((_, j) => sum(mu.map((row) => row[j])) === 0n), "zero sums over columns");
    const least = (i, j, interval) => units.least(mu[i][j], e, P.A[i][j], P.omega[i][j], interval);
    const terms = intervals.map((row, i) => row.map((interval, j) => least(i, j, interval)));
    all = sum(terms.flat());
    const cuts = round.get("cuts").map(reads);
    for (const [i, j, s, t] of cuts) {
      const away = least(i, j, units.cut(intervals[i][j], -s, negate(t)));
      expect(enough(all - terms[i][j] + away), "a cut that takes away what costs tau");
    }
    cuts.forEach(apply);
    for (const [axis, ...half] of round.get("scalings") ?? []) {
      const [i, j, s, t] = reads(half);
      const places = axis === "row" ? P.A[i].map((_, b) => [i, b]) : P.A.map((_, b) => [b, j]);
      const away = units.cut(intervals[i][j], -s, negate(t));
      const ranges = places.map(([b, c]) => {
        const interval = b === i && c === j ? away : intervals[b][c];
        return units.scalingRange(P.A[b][c], P.omega[b][c], interval);
      });
      const below = sum(ranges.map(([, greatest]) => greatest)) < 0n;
      const above = ranges.every(([least]) => least !== null) && sum(ranges.map(([least]) => least)) > 0n;
      expect(below || above, "a cut that takes away what some scaling improves");
      apply([i, j, s, t]);
    }
  }

  const isEmpty = ([l, h]) => l !== null && h !== null && l > h;
  const cycle = payload.get("cycle");
  if (cycle.length > 0) contradiction(P, cycle, intervals);
  else expect(enough(all) || intervals.flat().some(isEmpty), "a sum of at least tau, or an empty interval");
  const value = tau;
  if (halves.length === 0) return { kind: "lower", problem: P, value };
  const region = halves.map(([i, j, s, t]) => {
    const line = Array(1 + P.m * P.n).fill(ZERO);
    line[0] = negate(t);
    line[1 + i * P.n + j] = integer(s);
    return line;
  });
  return { kind: "region", problem: P, region, value };
}

function contradiction(P, cycle, intervals) {
  const size = cycle.length;
  expect(size % 2 === 0, "a cycle of even length");
  expect(cycle.every(([i, j]) => i < BigInt(P.m) && j < BigInt(P.n)), "entries of the matrix");
  const shares = (first) => cycle.every((place, t) => place[(t + first) % 2] === cycle[(t + 1) % size][(t + first) % 2]);
  expect(shares(0) || shares(1), "entries that share rows and columns in turn");
  let negative = 0;
  cycle.forEach(([i, j], t) => {
    const [l, h] = intervals[Number(i)][Number(j)];
    const far = t % 2 === 0 ? 1n : 0n;
    if (l !== null && l >= far) return;
    expect(h !== null && h <= -far, "an entry of known sign");
    negative++;
  });
  expect(negative % 2 === 1, "an odd number of negative entries");
}
