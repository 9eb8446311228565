// Reductions (section 3.1): children whose optima add up to no more than that of the problem.

import { ONE, add, equal, expect, mul, parseRational, sign, total, transpose } from "./numbers.mjs";
import { Problem, matrix, numbers, oneProblem, rationals } from "./statements.mjs";

const flipped = ({ A, omega, k }) => new Problem(transpose(A), transpose(omega), k);

export function transposed(premises) {
  return { kind: "reduction", problem: oneProblem(premises), children: [flipped(premises[0])] };
}

export function blocks(premises, payload) {
  const P = oneProblem(premises);
  const parts = payload.get("blocks").map((block) => [numbers(block.get("rows")), numbers(block.get("columns"))]);
  const rising = (list, end) => list.every((x, i) => x < end && (i === 0 || list[i - 1] < x));
  const used = new Set();
  for (const [rows, cols] of parts) {
    expect(rising(rows, P.m) && rising(cols, P.n), "strictly increasing indices in range");
    for (const i of rows) {
      for (const j of cols) {
        expect(!used.has(i * P.n + j), "blocks that share no entry");
        used.add(i * P.n + j);
      }
    }
  }
  const part = (M, [rows, cols]) => rows.map((i) => cols.map((j) => M[i][j]));
  const children = parts.map((b) => new Problem(part(P.A, b), part(P.omega, b), P.k));
  return { kind: "reduction", problem: P, children, rowsOf: parts.map(([rows]) => rows) };
}

/** A reduction of the rows, or of the columns by way of the transposed problem. */
function along(premises, payload, reduce) {
  const P = oneProblem(premises);
  const column = payload.get("axis") === "column";
  const child = reduce(column ? flipped(P) : P, payload.get("groups"));
  return { kind: "reduction", problem: P, children: [column ? flipped(child) : child] };
}

function distinct(indices, end) {
  expect(indices.every((i) => i < end) && new Set(indices).size === indices.length, "distinct indices in range");
}

export function merge(premises, payload) {
  return along(premises, payload, (P, groups) => {
    distinct(groups.flatMap((g) => [g.get("into"), ...g.get("members").map(([i]) => i)]).map(Number), P.m);
    const weights = [...P.omega];
    const gone = new Set();
    for (const group of groups) {
      const p = Number(group.get("into"));
      let factor = ONE;
      for (const [index, sText, cText] of group.get("members")) {
        const [i, s, c] = [Number(index), parseRational(sText), parseRational(cText)];
        expect(sign(s) > 0, "a positive ratio of weights");
        for (let j = 0; j < P.n; j++) {
          expect(equal(P.omega[i][j], mul(s, P.omega[p][j])), `proportional weights at ${i}, ${j}`);
          if (sign(P.omega[p][j])) expect(equal(P.A[i][j], mul(c, P.A[p][j])), `proportional values at ${i}, ${j}`);
        }
        factor = add(factor, mul(s, mul(c, c)));
        gone.add(i);
      }
      weights[p] = P.omega[p].map((w) => mul(factor, w));
    }
    const kept = P.A.map((_, i) => i).filter((i) => !gone.has(i));
    expect(kept.length > 0, "a row that is left");
    return new Problem(kept.map((i) => P.A[i]), kept.map((i) => weights[i]), P.k);
  });
}

export function gram(premises, payload) {
  return along(premises, payload, (P, groups) => {
    const members = groups.map((g) => g.get("members").map(([i, s]) => [Number(i), parseRational(s)]));
    distinct(members.flat().map(([i]) => i), P.m);
    const gone = new Set(members.flat().map(([i]) => i));
    const A = P.A.filter((_, i) => !gone.has(i));
    const omega = P.omega.filter((_, i) => !gone.has(i));
    groups.forEach((group, g) => {
      const [first, unit] = members[g][0];
      expect(equal(unit, ONE), "1 for the first member");
      const base = P.omega[first];
      for (const [i, s] of members[g]) {
        expect(sign(s) > 0, "a positive ratio of weights");
        base.forEach((w, j) => expect(equal(P.omega[i][j], mul(s, w)), `proportional weights in row ${i}`));
      }
      const rows = matrix(group.get("rows"));
      const d = rationals(group.get("weights"));
      expect(rows.length === d.length, "a weight for each new row");
      expect(d.every((x) => sign(x) > 0), "positive weights");
      expect(rows.every((row) => row.length === P.n), `new rows of ${P.n} entries`);
      expect(rows.every((row) => row.every((x, j) => sign(base[j]) || !sign(x))), "new rows that vanish off the support");
      const support = base.map((_, j) => j).filter((j) => sign(base[j]));
      for (const j of support) {
        for (const l of support.filter((x) => x <= j)) {
          const old = total(members[g].map(([i, s]) => mul(s, mul(P.A[i][j], P.A[i][l]))));
          const now = total(rows.map((row, t) => mul(d[t], mul(row[j], row[l]))));
          expect(equal(old, now), `one Gram matrix at ${j}, ${l}`);
        }
      }
      rows.forEach((row, t) => {
        A.push(row);
        omega.push(base.map((w) => mul(d[t], w)));
      });
    });
    expect(A.length > 0, "a child with rows");
    return new Problem(A, omega, P.k);
  });
}
