// The formats of section 4.1: arrays of IEEE 754 numbers and integers, and decimals in text, each the exact number that it is.

import { inflateRawSync } from "node:zlib";
import { Invalid, dyadic, expect, limit, ratio } from "./numbers.mjs";

const HEADER = /^\{'descr': '(<f8|<f4|<i8|<i4|<i2|\|i1|<u8|<u4|<u2|\|u1)', 'fortran_order': (False|True), 'shape': \(([0-9]{1,18}),(?: ([0-9]{1,18}))?\), \} *\n$/;
const MEMBERS = ["A", "omega", "W", "row_labels", "col_labels"];

/** One array of a file. */
class Items {
  constructor(bytes) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
    expect(bytes.length >= 10 && magic.every((x, i) => bytes[i] === x), "an array in the format npy");
    expect([1, 2, 3].includes(bytes[6]) && bytes[7] === 0, "version 1, 2 or 3 of the format npy");
    const start = bytes[6] === 1 ? 10 : 12;
    expect(bytes.length >= start, "a header");
    const length = bytes[6] === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
    limit(length <= 2 ** 16, "a header");
    const found = HEADER.exec(Buffer.from(bytes.subarray(start, start + length)).toString("latin1"));
    expect(found, "a header of items of a known type");
    this.type = found[1].slice(1);
    this.isInteger = this.type[0] !== "f";
    this.size = Number(this.type[1]);
    this.shape = found.slice(3).filter((x) => x !== undefined).map(Number);
    const count = this.shape.reduce((x, y) => x * y, 1);
    this.turned = found[2] === "True" && this.shape.length === 2;
    expect(count >= 1, "a shape of positive sides");
    this.view = new DataView(bytes.buffer, bytes.byteOffset + start + length, bytes.length - start - length);
    expect(this.view.byteLength === count * this.size, `${count} items of ${this.size} bytes`);
  }

  /** The bits of item i in row order. */
  key(i) {
    const [m, n] = this.shape;
    return this.at(this.turned ? (i % n) * m + Math.floor(i / n) : i);
  }

  at(i) {
    if (this.size === 8) return this.view.getBigUint64(8 * i, true);
    return this.view[`getUint${8 * this.size}`](this.size * i, true);
  }

  /** Item i as a rational; null for NaN. */
  value(i) {
    const bits = BigInt(this.key(i));
    const width = 8 * this.size;
    if (this.type[0] === "u") return ratio(bits);
    if (this.type[0] === "i") return ratio(BigInt.asIntN(width, bits));
    const fraction = width === 64 ? 52 : 23;
    const top = (1 << (width - fraction - 1)) - 1; // of the exponent
    const exponent = Number(bits >> BigInt(fraction)) & top;
    let mantissa = bits & ((1n << BigInt(fraction)) - 1n);
    if (exponent === top) {
      if (mantissa) return null;
      throw new Invalid("expected numbers, got an infinity");
    }
    if (exponent) mantissa |= 1n << BigInt(fraction);
    const power = Math.max(exponent, 1) - (top >> 1) - fraction;
    return dyadic(bits >> BigInt(width - 1) ? -mantissa : mantissa, power);
  }
}

/** The members of a ZIP archive, by its central directory. */
function unzip(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = bytes.lastIndexOf(Buffer.from([0x50, 0x4b, 5, 6]));
  expect(end >= 0 && end + 22 <= bytes.length, "a ZIP archive");
  const count = view.getUint16(end + 10, true);
  let at = view.getUint32(end + 16, true);
  const members = new Map();
  for (let i = 0; i < count; i++) {
    expect(at + 46 <= bytes.length && view.getUint32(at, true) === 0x02014b50, "an entry of the directory");
    const [method, packed, size, name, extra, comment] = [
      view.getUint16(at + 10, true), view.getUint32(at + 20, true), view.getUint32(at + 24, true),
      view.getUint16(at + 28, true), view.getUint16(at + 30, true), view.getUint16(at + 32, true),
    ];
    const local = view.getUint32(at + 42, true);
    const key = bytes.subarray(at + 46, at + 46 + name).toString("latin1");
    const begin = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
    const raw = bytes.subarray(begin, begin + packed);
    expect(!members.has(key), "each member once");
    expect(method === 0 || method === 8, "members stored or deflated");
    const data = method === 0 ? raw : inflateRawSync(raw);
    expect(data.length === size, "members of the length that they declare");
    members.set(key, data);
    at += 46 + name + extra + comment;
  }
  return members;
}

const DECIMAL = /^([+-]?)(?=\.?[0-9])([0-9]{0,400})(?:\.([0-9]{0,400}))?(?:[eE]([+-]?[0-9]{1,3}))?$/;
const MISSING = /^(|na|n\/a|nan|null|none)$/i;
const CORNER = /^(|rows?|id|index|labels?|names?|unnamed: 0)$/i;
const trim = (field) => field.replace(/^ +| +$/g, "");

/** The fields of delimited text below its header and beside its labels. */
class Text {
  constructor(bytes, delimiter) {
    const whole = bytes.toString("latin1").replace(/^\u00ef\u00bb\u00bf/, "");
    const lines = whole.split("\n").map((line) => line.replace(/\r+$/, ""));
    while (lines.length && !lines[lines.length - 1]) lines.pop();
    expect(lines.length, "a line");
    const fields = lines.map((line) => line.split(delimiter));
    const isText = (field) => !MISSING.test(field) && !DECIMAL.test(field);
    const [heads, below] = [0, 1].map((i) => (fields[i] ?? [""]).map((field) => field.replace(/^[ "]+|[ "]+$/g, "")));
    const header = heads.some(isText) || (heads[0] === "" && isText(below[0]));
    const labels = header && (CORNER.test(heads[0]) || isText(below[0]));
    expect(heads.length > 1, "two fields in line 1");
    const rows = fields.slice(header ? 1 : 0);
    expect(rows.length, "a row below the header");
    expect(rows.every((row) => row.length === heads.length), "as many fields in every line");
    this.cells = rows.flatMap((row) => row.slice(labels ? 1 : 0).map(trim));
    this.shape = [rows.length, heads.length - (labels ? 1 : 0)];
    expect(this.cells.every((cell) => !isText(cell)), "decimals and missing entries");
  }

  key(i) {
    return this.cells[i];
  }

  value(i) {
    const found = DECIMAL.exec(this.cells[i]);
    if (!found) return null;
    const [, minus, digits, fraction = "", exponent = "0"] = found;
    const n = BigInt(digits + fraction) * (minus === "-" ? -1n : 1n);
    const power = Number(exponent) - fraction.length;
    return power < 0 ? ratio(n, 10n ** BigInt(-power)) : ratio(n * 10n ** BigInt(power));
  }
}

/** The arrays of a file by name. */
export function readArrays(bytes, format) {
  if (format === "csv" || format === "tsv") return new Map([["A", new Text(bytes, format === "csv" ? "," : "\t")]]);
  if (format === "npy") return new Map([["A", new Items(bytes)]]);
  let members;
  try {
    members = unzip(bytes);
  } catch (error) {
    throw new Invalid(`expected a ZIP archive: ${error.message}`);
  }
  const arrays = new Map();
  for (const [name, data] of members) {
    const key = name.endsWith(".npy") ? name.slice(0, -4) : "";
    expect(MEMBERS.includes(key), `members ${MEMBERS.join(", ")}`);
    arrays.set(key, new Items(data));
  }
  expect(arrays.has("A"), "a member A.npy");
  return arrays;
}
