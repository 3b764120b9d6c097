import type { Adapter, AdapterTensor } from "../adapters/adapter.ts";
import { badAdapter } from "../adapters/adapter-values.ts";
import { changeOf } from "../changes/change.ts";
import { factorOutlines, loraAdapter } from "../changes/factor-tensors.ts";
import { inputsOf, weightShape } from "../changes/weight-shape.ts";
import { placeConverted, type RowPlaces } from "../safetensors/convert-values.ts";
import { dtypeBits } from "../safetensors/dtypes.ts";
import { type FloatDtype, isFloatDtype } from "../safetensors/tensor-values.ts";

/** One LoRA of a sum, and what its product up · down is multiplied by. */
export interface RankPart {
  readonly adapter: Adapter;
  readonly factor: number;
}

/**
 * The sum of products by rank: downs below one another, ups side by side. Works on the tensors' bytes, without arithmetic
 * but for a factor that is not 1, so that what is merged at its own strength stays bit for bit.
 */
export function joinRanks(
  parts: readonly RankPart[],
  { shape, dtype }: { readonly shape: readonly number[]; readonly dtype: FloatDtype },
): { readonly up: AdapterTensor; readonly down: AdapterTensor; readonly rank: number } {
  const pieces = parts.map((part) => pieceOf(part, dtype));
  const rank = pieces.reduce((sum, piece) => sum + piece.rank, 0);
  const width = dtypeBits[dtype] / 8;
  const [out, inputs] = [shape[0] ?? 1, inputsOf(shape)];
  const outlines = factorOutlines(shape, rank, dtype);
  const down = uninitialised(rank * inputs * width);
  const up = uninitialised(out * rank * width);
  let before = 0;
  for (const piece of pieces) {
    const below = { step: inputs * width, start: before * inputs * width };
    place(down, below, piece.down, { to: dtype, factor: piece.factors.down });
    const beside = { step: rank * width, start: before * width };
    place(up, beside, piece.up, { to: dtype, factor: piece.factors.up });
    before += piece.rank;
  }
  return { up: { ...outlines.up, data: up }, down: { ...outlines.down, data: down }, rank };
}

/** Every byte of it is about to be written; zeroing it first would cost as much as the merge. */
function uninitialised(bytes: number): Uint8Array {
  const { buffer, byteOffset } = Buffer.allocUnsafeSlow(bytes);
  return new Uint8Array(buffer, byteOffset, bytes);
}

function place(
  target: Uint8Array,
  places: RowPlaces,
  { dtype, shape, data }: FloatTensor,
  into: { readonly to: FloatDtype; readonly factor: number },
): void {
  const rowBytes = (inputsOf(shape) * dtypeBits[dtype]) / 8;
  placeConverted(target, places, data, rowBytes, { from: dtype, ...into });
}

interface FloatTensor extends AdapterTensor {
  readonly dtype: FloatDtype;
}

interface Piece {
  readonly up: FloatTensor;
  readonly down: FloatTensor;
  readonly factors: { readonly up: number; readonly down: number };
  readonly rank: number;
}

function pieceOf({ adapter, factor }: RankPart, dtype: FloatDtype): Piece {
  const plain = withoutCore(adapter, dtype);
  return {
    up: floatTensor(plain, "up"),
    down: floatTensor(plain, "down"),
    factors: splitFactor(factor),
    rank: plain.rank,
  };
}

function floatTensor({ module, tensors }: Adapter, part: "up" | "down"): FloatTensor {
  const tensor = tensors[part];
  if (tensor === undefined) throw badAdapter(module, `it has no ${part}`);
  const { dtype } = tensor;
  if (!isFloatDtype(dtype)) throw badAdapter(module, `its ${part} is ${dtype}, not a float dtype`);
  return { ...tensor, dtype };
}

/** A Tucker core is folded into `down` first. */
function withoutCore(adapter: Adapter, dtype: FloatDtype): Adapter {
  const shape = weightShape(adapter);
  if (adapter.tensors.mid === undefined || shape === null) return adapter;
  const change = changeOf({ ...adapter, alpha: null });
  if ("whole" in change) throw badAdapter(adapter.module, "its Tucker core has no factors");
  return loraAdapter(adapter, change.factors, { shape, alpha: 1, dtype });
}

/**
 * A factor far from 1 shared between both matrices, for up as a power of two, which 16-bit floats multiply by without
 * rounding: `down` alone could fall below what they can hold.
 */
export function splitFactor(factor: number): { readonly up: number; readonly down: number } {
  const octaves = Math.log2(Math.abs(factor));
  if (!Number.isFinite(octaves) || Math.abs(octaves) < 2) return { up: 1, down: factor };
  const up = 2 ** Math.trunc(octaves / 2);
  return { up, down: factor / up };
}
