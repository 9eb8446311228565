// Rule `columns` (section 3.3): one matrix for each column of the table, coupled by the prices.

import { Form, ONE, add, checkPsd, dyadic, expect, integer, less, mul, negate, parseRational, parseRow, ratio, sign, sub } from "./numbers.mjs";
import { numbers } from "./statements.mjs";

const TWO = integer(2);

/** The linear forms in the monomials of one column, and where its coordinates stand. */
class Column {
  constructor(P, box, part) {
    const j = (this.j = Number(part.get("column")));
    const { others, pivots, centre, radius, k } = box;
    expect(j < P.n, "a column of the problem");
    this.bare = new Set(numbers(part.get("bare")));
    const list = [...this.bare];
    expect(list.length === part.get("bare").length && list.every((l, s) => s === 0 || list[s - 1] < l), "increasing bare indices");
    expect(list.every((l) => l < k && !sign(P.omega[pivots[l]][j])), "bare indices whose pivot has no weight");
    this.rows = others.map((row, i) => ({ row, i })).filter(({ row }) => sign(P.omega[row][j]));
    this.local = this.rows.flatMap(({ i }, s) => Array.from({ length: k }, (_, l) => ({ a: i * k + l, s, l })));
    this.free = Array.from({ length: k }, (_, l) => l).filter((l) => !this.bare.has(l));
    const d = this.local.length;
    this.size = 1 + d + this.free.length + d;
    this.xi = (p) => 1 + p; // p counts the local coordinates
    this.v = (l) => 1 + d + this.free.indexOf(l);
    this.xv = (p) => 1 + d + this.free.length + p; // xi_a v_l, or R_a v_l where l is bare
    this.centre = this.local.map(({ a }) => centre[a]);
    this.radius = this.local.map(({ a }) => radius[a]);
    this.place = (s, l) => s * k + l;
    this.k = k;
  }

  /** The form of cost_j. */
  cost(P, box) {
    const M = new Form(this.size);
    const residual = (i, terms) => M.product(P.omega[i][this.j], ...Array(2).fill([[0, P.A[i][this.j]], ...terms.map(([z, c]) => [z, negate(c)])]));
    for (const l of this.free) residual(box.pivots[l], [[this.v(l), ONE]]);
    this.rows.forEach(({ row }, s) => {
      const terms = [];
      for (let l = 0; l < this.k; l++) {
        const p = this.place(s, l);
        if (this.bare.has(l)) terms.push([this.xv(p), ONE]);
        else terms.push([this.v(l), this.centre[p]], [this.xv(p), this.radius[p]]);
      }
      residual(row, terms);
    });
    return M;
  }
}

/** The statement that a payload of rule columns proves. */
export function columns(P, payload, proofOf) {
  const k = Number(P.k);
  expect(P.k < BigInt(P.m), "a rank below m");
  const pivots = numbers(payload.get("pivots"));
  expect(pivots.length === k && pivots.every((p, l) => p < P.m && (l === 0 || pivots[l - 1] < p)), `${k} increasing pivots`);
  const others = P.A.map((_, i) => i).filter((i) => !pivots.includes(i));
  const [lower, upper] = ["lower", "upper"].map((name) => payload.get(name).map(parseRational));
  const d = others.length * k;
  expect(lower.length === d && upper.length === d, `bounds of ${d} coordinates`);
  expect(lower.every((x, a) => less(x, upper[a])), "lower < upper");
  const half = ratio(1n, 2n);
  const centre = lower.map((x, a) => mul(half, add(x, upper[a])));
  const radius = lower.map((x, a) => mul(half, sub(upper[a], x)));
  const box = { others, pivots, centre, radius, k };

  const tau = parseRational(payload.get("threshold"));
  const whole = new Form(1 + d);
  whole.put(0, 0, negate(tau));
  const t = parseRow(payload.get("total_box")).map((x) => dyadic(x, Number(payload.get("exponent"))));
  expect(t.length === d && t.every((x) => sign(x) >= 0), `${d} multipliers >= 0`);
  t.forEach((x, a) => {
    whole.put(0, 0, negate(x));
    whole.put(1 + a, 1 + a, x);
  });
  let last = -1;
  for (const part of payload.get("columns")) {
    const column = new Column(P, box, part);
    expect(column.j > last, "increasing columns");
    last = column.j;
    const M = addTerms(column, column.cost(P, box), part, whole);
    checkPsd(M, proofOf("psd", part), `column ${column.j}`);
  }
  checkPsd(whole, proofOf("psd"), "prices");
  return { kind: "box", problem: P, pivots, lower, upper, value: tau };
}

/** Subtract price and box terms from the cost, add the relations, and add the price to the total. */
function addTerms(column, M, part, whole) {
  const { local, bare, radius, centre, k } = column;
  const d = local.length;
  const q = column.rows.length;
  const values = parseRow(part.get("variables")).map((x) => dyadic(x, Number(part.get("exponent"))));
  const singles = local.filter(({ l }) => bare.has(l)).length;
  const count = ((d + 1) * (d + 2)) / 2 + singles + 4 * (d - singles) + (k * q * (q - 1)) / 2;
  expect(values.length === count, `${count} variables of column ${column.j}`);
  let at = 0;
  const next = () => values[at++];
  const take = (i, j, c) => M.put(i, j, negate(c));
  for (let x = 0; x <= d; x++) {
    for (let y = 0; y <= x; y++) {
      const Q = next();
      take(x, y, Q);
      const global = (z) => (z === 0 ? 0 : 1 + local[z - 1].a);
      whole.put(global(x), global(y), Q);
    }
  }
  local.forEach(({ l }, p) => {
    const S00 = next();
    expect(sign(S00) >= 0, "S00 >= 0");
    take(0, 0, S00);
    take(column.xi(p), column.xi(p), negate(S00));
    if (bare.has(l)) return;
    const [S01, S11] = [next(), next()];
    expect(sign(S11) >= 0 && !less(mul(S00, S11), mul(S01, S01)), "a semidefinite S");
    // (1 - xi^2) (1, v) S (1, v)^T in the products that the format names
    take(0, column.v(l), S01);
    take(column.xi(p), column.xv(p), negate(S01));
    take(column.v(l), column.v(l), S11);
    take(column.xv(p), column.xv(p), negate(S11));
  });
  local.forEach(({ l }, p) => {
    if (bare.has(l)) return;
    const mu = next();
    M.put(0, column.xv(p), mu);
    M.put(column.xi(p), column.v(l), negate(mu));
  });
  for (let l = 0; l < k; l++) {
    for (let s = 0; s < q; s++) {
      for (let s2 = s + 1; s2 < q; s2++) {
        const mu = mul(TWO, next());
        const [a, b] = [column.place(s, l), column.place(s2, l)];
        const factor = (p) => (bare.has(l) ? [[0, centre[p]], [column.xi(p), radius[p]]] : [[column.xi(p), ONE]]);
        M.product(mu, factor(a), [[column.xv(b), ONE]]);
        M.product(negate(mu), factor(b), [[column.xv(a), ONE]]);
      }
    }
  }
  return M;
}
