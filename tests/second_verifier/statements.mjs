// Problems and what steps state about them (section 1 of the format), and the fields of payloads as numbers.

import { expect, parseRational } from "./numbers.mjs";

/** A problem (A, Omega, k): k is a BigInt. Two problems are the same only when they are one object. */
export class Problem {
  constructor(A, omega, k) {
    [this.A, this.omega, this.k] = [A, omega, k];
    [this.m, this.n] = [A.length, A[0].length];
  }
}

/** The statement opt >= value. */
export const bound = (problem, value) => ({ kind: "lower", problem, value });
export const numbers = (list) => list.map(Number);
export const rationals = (list) => list.map(parseRational);
export const matrix = (rows) => rows.map(rationals);

/** The one premise, a problem. */
export function oneProblem(premises) {
  expect(premises.length === 1, `one premise, got ${premises.length}`);
  expect(premises[0] instanceof Problem, "a problem as premise");
  return premises[0];
}

/** The first premise, a problem, and the others: statements of one kind about it. */
export function problemAnd(premises, kind) {
  const P = oneProblem(premises.slice(0, 1));
  const rest = premises.slice(1);
  expect(rest.every((s) => s.kind === kind && s.problem === P), `statements about the problem, ${kind}`);
  return [P, rest];
}

/** The k-subsets of 0, ..., m - 1 in lexicographic order, one by one. */
export function* subsets(m, k, from = 0) {
  if (k === 0) yield [];
  else for (let i = from; i <= m - k; i++) for (const rest of subsets(m, k - 1, i + 1)) yield [i, ...rest];
}
