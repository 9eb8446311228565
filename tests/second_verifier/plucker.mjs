// Rule `plucker` (section 3.2): prices, quadratic forms in the minors of U, as forms of degree 4 in the minors.

import { groupsOf } from "./bernstein.mjs";
import { Form, ONE, ZERO, add, checkPsd, common, div, dyadic, expect, gcd, mul, negate, parseRational, parseRow, ratio, sign, sub, total } from "./numbers.mjs";
import { subsets } from "./statements.mjs";

// Forms in the minors are Maps from sorted positions, joined by ",", to coefficients.

const keyOf = (positions) => [...positions].sort((x, y) => x - y).join();

function put(form, positions, value) {
  const key = keyOf(positions);
  form.set(key, add(form.get(key) ?? ZERO, value));
}

/** Add factor f g to a form. */
function putProduct(form, f, g, factor) {
  for (const [x, a] of f) {
    if (!sign(a)) continue;
    for (const [y, b] of g) put(form, [...x.split(","), ...y.split(",")].map(Number), mul(factor, mul(a, b)));
  }
}

/** The rows of a dyadic matrix as quadratic forms, given the monomials in order. */
function quadratics(encoded, count, monomials, what) {
  const rows = encoded.get("rows").map(parseRow);
  expect(rows.length === count && rows.every((row) => row.length === monomials.length), `${what} of shape ${count}x${monomials.length}`);
  const exponent = Number(encoded.get("exponent"));
  return rows.map((row) => row.map((x) => dyadic(x, exponent)));
}

function* sums(list) {
  for (let i = 0; i < list.length; i++) for (let j = i; j < list.length; j++) yield [list[i], list[j]];
}

/** The problem and the threshold that a payload of rule plucker proves. */
export function plucker(P, payload, proof) {
  expect(P.k <= 2n && P.k < BigInt(P.m), "a rank of 1 or 2 below the number of rows");
  expect(P.k === 1n ? P.m <= 15 : P.m <= 6, "at most 15 minors");
  const k = Number(P.k);
  const sets = [...subsets(P.m, k)];
  const products = [...sums(sets)];
  const tau = parseRational(payload.get("threshold"));
  const groups = groupsOf(P);
  const parts = payload.get("groups");
  expect(groups.length > 0 && groups.length === parts.length, "an entry for each group, of which there is one");
  const prices = quadratics(payload.get("prices"), groups.length - 1, products, "prices");
  prices.push(products.map(([S, T], i) => sub(S === T ? tau : ZERO, total(prices.map((price) => price[i])))));
  groups.forEach(([w, members], g) => checkPrice(P, sets, products, w, members, prices[g], parts[g], proof));
  return [P, tau];
}

function checkPrice(P, sets, products, weights, members, price, part, proof) {
  const k = Number(P.k);
  // Integers without a common factor: w = integers / q = (integers / s) s / q.
  const { integers, q } = common(weights);
  const s = integers.reduce(gcd);
  const w = integers.map((x) => ratio(x / s));
  const scale = ratio(s, q);
  const product = (S) => S.reduce((x, i) => mul(x, w[i]), ONE);
  const inner = sets.filter((T) => sign(product(T)));
  const order = [...inner, ...sets.filter((T) => !sign(product(T)))];
  const place = new Map(order.map((T, i) => [T.join(), i]));
  const at = (...rows) => place.get(rows.join());
  const quadratic = (coefficients) => new Map(products.map(([S, T], i) => [keyOf([at(...S), at(...T)]), coefficients[i]]));
  const squares = new Map(order.map((_, i) => [`${i},${i}`, ONE]));
  const den = new Map(inner.map((T) => [keyOf([at(...T), at(...T)]), product(T)]));
  const num = new Map();
  for (const S of subsets(P.m, k + 1)) {
    if (!sign(product(S))) continue;
    for (const [j, share] of members) {
      const terms = S.map((i, x) => [at(...S.filter((l) => l !== i)), x % 2 ? negate(P.A[i][j]) : P.A[i][j]]);
      const factor = mul(product(S), mul(share, scale));
      for (const [T, a] of terms) for (const [R, b] of terms) put(num, [T, R], mul(factor, mul(a, b)));
    }
  }
  const form = new Map();
  putProduct(form, num, squares, ONE);
  putProduct(form, quadratic(price), den, ratio(-1n));
  const relations = k === 1 ? [] : [...subsets(P.m, 4)];
  const multipliers = quadratics(part.get("multipliers"), relations.length, products, "multipliers");
  relations.forEach(([a, b, c, d], r) => {
    const relation = new Map([
      [keyOf([at(a, b), at(c, d)]), ONE],
      [keyOf([at(a, c), at(b, d)]), ratio(-1n)],
      [keyOf([at(a, d), at(b, c)]), ONE],
    ]);
    putProduct(form, quadratic(multipliers[r]), relation, ratio(-1n));
  });
  const basis = [...sums(order.map((_, i) => i))].filter(([a]) => a < inner.length);
  const spot = new Map(basis.map((pair, i) => [pair.join(), i]));
  const { exponents, factor } = proof(part, "psd");
  expect(exponents.length === basis.length, `a proof of ${basis.length} rows`);
  const f = factor.map(parseRow);
  const M = new Form(basis.length);
  basis.forEach((x, i) => {
    for (let j = 0; j <= i; j++) {
      const sum = f[j].reduce((value, y, l) => value + y * f[i][l], 0n);
      const N = dyadic(sum, exponents[i] + exponents[j]);
      M.put(i, j, N);
      put(form, [...x, ...basis[j]], mul(N, ratio(i === j ? -1n : -2n)));
    }
  });
  for (const [key, value] of form) {
    if (!sign(value)) continue;
    const [a, b, c, d] = key.split(",").map(Number);
    expect(b < inner.length, "two inner minors in every monomial");
    const [i, j] = [spot.get(`${b},${d}`), spot.get(`${a},${c}`)];
    M.put(i, j, i === j ? value : div(value, ratio(2n)));
  }
  checkPsd(M, { exponents, factor }, "psd");
}
