// Rule `projections` (section 3.2): multipliers of the least costs of columns, which are projections but for scales.

import {
  Form, add, bitLength, checkPsd, common, div, dyadic, expect, least, limit, mul, negate, parseRational, parseRow, ratio,
  sign, total,
} from "./numbers.mjs";

/** root^T root: the lower triangle of a matrix of integers, and the unit that it is to be multiplied with. */
function squareOf(encoded, m, spend) {
  const rows = encoded.get("rows").map(parseRow);
  expect(rows.every((row) => row.length === m), `a root of ${m} columns`);
  const longest = rows.flat().reduce((most, x) => Math.max(most, bitLength(x)), 0);
  spend((rows.length + 1) * m * m, longest ** 2);
  const entry = (i, j) => rows.reduce((sum, row) => sum + row[i] * row[j], 0n);
  const triangle = Array.from({ length: m }, (_, i) => Array.from({ length: i + 1 }, (_, j) => entry(i, j)));
  return { triangle, unit: dyadic(1n, 2 * Number(encoded.get("exponent"))) };
}

/** [S, columns] for the columns with more than k positive weights, by the rows S of these weights. */
function bySupport(P) {
  const groups = new Map();
  for (let j = 0; j < P.n; j++) {
    const S = P.omega.map((_, i) => i).filter((i) => sign(P.omega[i][j]));
    if (BigInt(S.length) <= P.k) continue;
    if (!groups.has(S.join())) groups.set(S.join(), [S, []]);
    groups.get(S.join())[1].push(j);
  }
  return [...groups.values()];
}

/** The form of a group's proof: B + Y - z D^-1 on the rows S. */
function groupForm(P, c, S, columns, z, Y) {
  const scales = columns.map((j) => least(S.map((i) => div(P.omega[i][j], c[i]))));
  const form = new Form(S.length);
  S.forEach((i, x) => {
    S.slice(0, x + 1).forEach((l, y) => {
      const moment = total(columns.map((j, at) => mul(scales[at], mul(P.A[i][j], P.A[l][j]))));
      form.put(x, y, add(moment, mul(Y.unit, ratio(Y.triangle[i][l]))));
    });
    form.put(x, x, negate(div(z, c[i])));
  });
  return form;
}

/** The problem and the bound that a payload of rule projections proves. */
export function projections(P, payload, proof) {
  const { m } = P;
  const c = payload.get("c").map(parseRational);
  const t = parseRational(payload.get("t"));
  expect(P.k < BigInt(m) && c.length === m && c.every((x) => sign(x) > 0), "a rank below m, and m positive entries in c");
  const groups = bySupport(P);
  const parts = payload.get("groups");
  expect(groups.length === parts.length, `an entry for each of ${groups.length} groups`);
  let spent = 0;
  const spend = (times, width) => {
    spent += times * (width + 2 ** 10);
    limit(spent <= 2 ** 42, "the matrices of the roots");
  };
  const shares = [negate(mul(t, ratio(BigInt(m) - P.k)))]; // that the bound is the sum of
  const form = new Form(m);
  c.forEach((x, i) => form.put(i, i, div(t, x)));
  const summands = groups.map(([S, columns], g) => {
    const z = parseRational(parts[g].get("z"));
    expect(sign(z) >= 0, "z >= 0");
    const Y = squareOf(parts[g].get("root"), m, spend);
    checkPsd(groupForm(P, c, S, columns, z, Y), proof(parts[g], "psd"), `psd of group ${g}`);
    shares.push(mul(z, ratio(BigInt(S.length) - P.k)));
    return [Y.triangle, negate(Y.unit)];
  });
  const R = squareOf(payload.get("root"), m, spend);
  summands.push([R.triangle, R.unit]);
  R.triangle.forEach((row, i) => shares.push(negate(mul(c[i], mul(R.unit, ratio(row[i]))))));
  const { integers, q } = common([...c.map((x) => div(t, x)), ...summands.map(([, factor]) => factor)]);
  summands.forEach(([triangle, factor], g) => {
    const width = bitLength(q) + bitLength(integers[m + g]) + Math.max(...triangle.map((row, i) => bitLength(row[i])));
    spend(m * m, width);
    limit(m * m * width <= 2 ** 32, "the sum of the matrices of the roots");
    triangle.forEach((row, i) => row.forEach((x, j) => form.put(i, j, mul(factor, ratio(x)))));
  });
  checkPsd(form, proof(payload, "psd"), "psd");
  return [P, total(shares)];
}
