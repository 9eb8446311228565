// The formats npy and npz of section 4.1: arrays of IEEE 754 numbers and integers, each the exact number that it is.

import { inflateRawSync } from "node:zlib";
import { Invalid, dyadic, expect, ratio } from "./numbers.mjs";

const HEADER = /^\{'descr': '(<f8|<f4|<i8|<i4|<i2|\|i1|<u8|<u4|<u2|\|u1)', 'fortran_order': False, 'shape': \(([0-9]{1,18}),(?: ([0-9]{1,18}))?\), \} *\n$/;
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
    const found = HEADER.exec(Buffer.from(bytes.subarray(start, start + length)).toString("latin1"));
    expect(found, "a header of items in row order");
    this.type = found[1].slice(1);
    this.isInteger = this.type[0] !== "f";
    this.size = Number(this.type[1]);
    this.shape = found.slice(2).filter((x) => x !== undefined).map(Number);
    const count = this.shape.reduce((x, y) => x * y, 1);
    expect(count >= 1, "a shape of positive sides");
    this.view = new DataView(bytes.buffer, bytes.byteOffset + start + length, bytes.length - start - length);
    expect(this.view.byteLength === count * this.size, `${count} items of ${this.size} bytes`);
  }

  /** The bits of item i. */
  key(i) {
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

/** The arrays of a file by name. */
export function readArrays(bytes, format) {
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
