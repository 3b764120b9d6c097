import { dtypeBits } from "./dtypes.ts";
import { type FloatDtype, fromFloat32, toFloat32 } from "./tensor-values.ts";

/** What a tensor's bytes become: values times `factor`, as `to`. */
export interface Conversion {
  readonly from: FloatDtype;
  readonly to: FloatDtype;
  readonly factor: number;
}

/** Rows of a matrix that is wider than what is put into it, in bytes. */
export interface RowPlaces {
  /** From one row to the next. */
  readonly step: number;
  /** Of the first row. */
  readonly start: number;
}

/**
 * Writes tensor bytes, converted, into rows of a wider matrix (or, when a row is the matrix's whole width, behind one
 * another). Computed in 32 bits and rounded to nearest even. 16-bit floats go through a table of all their patterns, two
 * at a time and straight to where they belong: at the speed of memory.
 */
export function placeConverted(
  target: Uint8Array,
  places: RowPlaces,
  data: Uint8Array,
  rowBytes: number,
  conversion: Conversion,
): void {
  const { from, to, factor } = conversion;
  const rows = data.length / rowBytes;
  const isPlain = from === to && factor === 1;
  if (isPlain && rowBytes === places.step) {
    target.set(data, places.start);
    return;
  }
  const isWords = [target.byteOffset, places.step, places.start, rowBytes].every((bytes) => bytes % 4 === 0);
  if (isWords && (isPlain || (is16Bit(from) && is16Bit(to)))) {
    const words = new Uint32Array(target.buffer, target.byteOffset, target.length >> 2);
    const size = { rows, row: rowBytes / 4, step: places.step / 4, start: places.start / 4 };
    if (isPlain) copyHalves(words, halvesOf(data), size);
    else lookUpHalves(words, halvesOf(data), size, tableOf(conversion));
    return;
  }
  const converted = isPlain ? data : convert(data, conversion);
  const convertedRow = (rowBytes * dtypeBits[to]) / dtypeBits[from];
  for (let i = 0; i < rows; i += 1) {
    target.set(converted.subarray(i * convertedRow, (i + 1) * convertedRow), places.start + i * places.step);
  }
}

function convert(data: Uint8Array, { from, to, factor }: Conversion): Uint8Array {
  const values = toFloat32(from, data);
  if (factor !== 1) for (let i = 0; i < values.length; i += 1) values[i] = (values[i] as number) * factor;
  return fromFloat32(to, values);
}

const is16Bit = (dtype: FloatDtype) => dtype === "F16" || dtype === "BF16";

/** Most merges use one factor or two for all modules; beyond this, tables are made anew when they are needed again. */
const KEPT_TABLES = 16;
const tables = new Map<string, Uint16Array>();

/** What becomes of each of the 65,536 patterns. */
function tableOf(conversion: Conversion): Uint16Array {
  const key = `${conversion.from} ${conversion.to} ${conversion.factor}`;
  const known = tables.get(key);
  if (known !== undefined) return known;
  const patterns = Uint16Array.from({ length: 0x10000 }, (_, bits) => bits);
  const table = new Uint16Array(convert(new Uint8Array(patterns.buffer), conversion).buffer);
  const oldest = tables.keys().next();
  if (tables.size >= KEPT_TABLES && !oldest.done) tables.delete(oldest.value);
  tables.set(key, table);
  return table;
}

/** The bytes as 16-bit words, which tensors start at in files of 16-bit floats; copied when they do not. */
function halvesOf(data: Uint8Array): Uint16Array {
  const bytes = data.byteOffset % 2 === 0 ? data : new Uint8Array(data);
  return new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length >> 1);
}

/** Rows of 32-bit words. */
interface WordRows {
  readonly rows: number;
  readonly row: number;
  readonly step: number;
  readonly start: number;
}

function copyHalves(target: Uint32Array, halves: Uint16Array, { rows, row, step, start }: WordRows): void {
  let from = 0;
  for (let i = 0; i < rows; i += 1) {
    const first = start + i * step;
    for (let to = first; to < first + row; to += 1) {
      target[to] = (halves[from] as number) | ((halves[from + 1] as number) << 16);
      from += 2;
    }
  }
}

function lookUpHalves(
  target: Uint32Array,
  halves: Uint16Array,
  { rows, row, step, start }: WordRows,
  table: Uint16Array,
): void {
  let from = 0;
  for (let i = 0; i < rows; i += 1) {
    const first = start + i * step;
    for (let to = first; to < first + row; to += 1) {
      const low = table[halves[from] as number] as number;
      const high = table[halves[from + 1] as number] as number;
      target[to] = low | (high << 16);
      from += 2;
    }
  }
}
