// Exact numbers: rationals over BigInt in lowest terms, and matrices brought to one denominator.
// Guarantee: no floating point; equal rationals are equal field by field.

/** The file is not a certificate (sections 2, 4 and 6 of the format). */
export class Malformed extends Error {}

/** A step or the claim fails its check (section 3). */
export class Invalid extends Error {}

/** Reject the step unless the condition holds. */
export function expect(condition, what) {
  if (!condition) throw new Invalid(`expected ${what}`);
}

/** Refuse the file unless it is small enough (section 6). */
export function limit(condition, what) {
  if (!condition) throw new Malformed(`too large: ${what}`);
}

const abs = (x) => (x < 0n ? -x : x);

export function gcd(x, y) {
  x = abs(x);
  y = abs(y);
  while (y) [x, y] = [y, x % y];
  return x;
}

export const bitLength = (x) => (x === 0n ? 0 : (abs(x).toString(16).length - 1) * 4 + (32 - Math.clz32(Number("0x" + abs(x).toString(16)[0]))));

/** n / d in lowest terms, d > 0. */
export function ratio(n, d = 1n) {
  if (d === 1n) return { n, d };
  if (d < 0n) [n, d] = [-n, -d];
  const g = gcd(n, d);
  return g === 1n ? { n, d } : { n: n / g, d: d / g };
}

export const ZERO = ratio(0n);
export const ONE = ratio(1n);
export const integer = (x) => ratio(BigInt(x));
export const add = (x, y) => (x.d === y.d ? ratio(x.n + y.n, x.d) : ratio(x.n * y.d + y.n * x.d, x.d * y.d));
export const negate = (x) => ({ n: -x.n, d: x.d });
export const sub = (x, y) => add(x, negate(y));
export const mul = (x, y) => (x.n && y.n ? ratio(x.n * y.n, x.d * y.d) : ZERO);
export const div = (x, y) => ratio(x.n * y.d, x.d * y.n);
export const equal = (x, y) => x.n === y.n && x.d === y.d;
export const sign = (x) => (x.n > 0n ? 1 : x.n < 0n ? -1 : 0);
export const less = (x, y) => x.n * y.d < y.n * x.d;
export const least = (values) => values.reduce((x, y) => (less(y, x) ? y : x));
export const text = (x) => (x.d === 1n ? `${x.n}` : `${x.n}/${x.d}`);

const SHORT = 40;

/** For a reader: a number as it is where that is short, else some twelve digits, rounded down or up. */
export function told(x, up) {
  if (text(x).length <= SHORT) return text(x);
  const e = `${abs(x.n)}`.length - `${x.d}`.length - 12;
  const [n, d] = e < 0 ? [x.n * 10n ** BigInt(-e), x.d] : [x.n, x.d * 10n ** BigInt(e)];
  let digits = n / d; // towards 0
  if (up && digits * d < n) digits += 1n;
  if (!up && digits * d > n) digits -= 1n;
  const word = `${abs(digits)}`;
  return `about ${digits < 0n ? "-" : ""}${word[0]}.${word.slice(1)}e${e + word.length - 1}`;
}

/** The sum of a list, halves first: denominators stay balanced. */
export function total(values) {
  if (values.length === 0) return ZERO;
  while (values.length > 1) {
    const halves = [];
    for (let i = 0; i < values.length; i += 2) halves.push(i + 1 < values.length ? add(values[i], values[i + 1]) : values[i]);
    values = halves;
  }
  return values[0];
}

/** x 2^e for an integer x. */
export const dyadic = (x, e) => (e >= 0 ? ratio(x << BigInt(e)) : ratio(x, 1n << BigInt(-e)));

/** A rational from its canonical text; the syntax has been checked, lowest terms have not. */
export function parseRational(word) {
  const [n, d] = word.split("/");
  if (d === undefined) return ratio(BigInt(n));
  const value = { n: BigInt(n), d: BigInt(d) };
  if (gcd(value.n, value.d) !== 1n) throw new Malformed(`expected lowest terms, got ${word.slice(0, 40)}`);
  return value;
}

/** The integers of an integer row. */
export const parseRow = (row) => (row === "" ? [] : row.split(" ").map(BigInt));

/** Integers v and a positive q with values[i] = v[i] / q. */
export function common(values) {
  let q = 1n;
  for (const { d } of values) if (d !== q && q % d !== 0n) q *= d / gcd(q, d);
  limit(bitLength(q) <= 2 ** 20, "a common denominator");
  return { integers: values.map(({ n, d }) => (d === q ? n : n * (q / d))), q };
}

export const transpose = (rows) => rows[0].map((_, j) => rows.map((row) => row[j]));

/** A symmetric matrix of rationals that terms are added to. */
export class Form {
  constructor(size) {
    this.rows = Array.from({ length: size }, (_, i) => Array(i + 1).fill(ZERO));
  }

  /** Add c at (i, j) and, by symmetry, at (j, i). */
  put(i, j, c) {
    if (i < j) [i, j] = [j, i];
    this.rows[i][j] = add(this.rows[i][j], c);
  }

  /** Add c l(z) l'(z) for linear forms given as lists of [position, coefficient]. */
  product(c, left, right) {
    const half = mul(c, ratio(1n, 2n));
    for (const [i, x] of left) {
      for (const [j, y] of right) {
        const value = mul(half, mul(x, y));
        this.put(i, j, i === j ? add(value, value) : value);
      }
    }
  }
}

/** Lemma psd: accept a PSD proof of the form, or reject. Returns whether the form is proved positive definite. */
export function checkPsd(form, proof, what) {
  const size = form.rows.length;
  const factor = proof.factor.map(parseRow);
  expect(factor.length === size, `${what}: a proof of ${size} rows`);
  const { integers, q } = common(form.rows.flat());
  const exponents = proof.exponents;
  const top = Math.max(...exponents);
  // R scaled by q 2^(2 max(top, 0)): both terms become integers.
  const down = BigInt(2 * Math.max(top, 0));
  const up = BigInt(2 * Math.max(-top, 0));
  const sums = Array(size).fill(0n);
  const diagonal = Array(size).fill(0n);
  let at = 0;
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      let product = 0n;
      for (let l = 0; l <= j; l++) product += factor[i][l] * factor[j][l];
      const shift = BigInt(2 * top - exponents[i] - exponents[j]) + up;
      const R = (integers[at++] << shift) - ((product * q) << down);
      if (i === j) diagonal[i] = R;
      else {
        sums[i] += abs(R);
        sums[j] += abs(R);
      }
    }
  }
  for (let i = 0; i < size; i++) expect(diagonal[i] >= sums[i], `${what}: a diagonally dominant remainder in row ${i}`);
  return factor.every((row, i) => row[i] !== 0n);
}
