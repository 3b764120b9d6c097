import {
  type BlobRef,
  blobKey,
  canonicalJson,
  type ReplayTolerance,
  type RgbImage,
  type Stores,
} from "@loramill/contracts";
import { readRgb } from "@loramill/imaging";
import { isFloatDtype, objectSource, readSafetensorsHeader, readTensor, toFloat32 } from "@loramill/lora";
import type { Leaf } from "./leaves.ts";

const MAX_PICTURE_BYTES = 256 * 1024 * 1024;

/** How far apart two counterparts are. Figures are null where there is nothing of their kind. */
export interface LeafComparison {
  readonly verdict: "identical" | "within" | "differs";
  /** Largest difference of a channel of any pixel, 0 to 255. */
  readonly pixels: number | null;
  /** Length of the difference of all values as a share of the original's. */
  readonly tensors: number | null;
  readonly largestWeight: number | null;
  /** What is different, in a clause; empty where nothing is. */
  readonly message: string;
}

const SAME: LeafComparison = { verdict: "identical", pixels: null, tensors: null, largestWeight: null, message: "" };

const differs = (message: string): LeafComparison => ({ ...SAME, verdict: "differs", message });

/** Compares what the replayed run made with what the replay did; one of them may be missing. */
export async function compareLeaves(
  original: Leaf | undefined,
  replayed: Leaf | undefined,
  tolerance: ReplayTolerance,
  at: { readonly stores: Pick<Stores, "blobs" | "objects">; readonly signal: AbortSignal },
): Promise<LeafComparison> {
  if (original === undefined) return differs("the replayed run had not made it");
  if (replayed === undefined) return differs("the replay did not make it");
  if (original.type === "picture" && replayed.type === "picture") {
    if (original.file.sha256 === replayed.file.sha256) return { ...SAME, pixels: 0 };
    const read = async ({ sha256 }: BlobRef) =>
      readRgb(await at.stores.blobs.read({ sha256 }, { maxBytes: MAX_PICTURE_BYTES, signal: at.signal }));
    return comparePixels(await read(original.file), await read(replayed.file), tolerance.pixels);
  }
  if (original.type === "weights" && replayed.type === "weights") {
    if (original.tensorsSha256 === replayed.tensorsSha256) return { ...SAME, tensors: 0, largestWeight: 0 };
    return compareWeights(original.file, replayed.file, tolerance.tensors, at);
  }
  if (original.type !== "value" || replayed.type !== "value") return differs("it is of another kind");
  if (canonicalJson(original.value) === canonicalJson(replayed.value)) return SAME;
  return differs(`it was ${brief(original.value)} and is ${brief(replayed.value)}`);
}

function comparePixels(a: RgbImage, b: RgbImage, tolerated: number): LeafComparison {
  if (a.width !== b.width || a.height !== b.height) {
    return differs(`it was ${a.width} × ${a.height} pixels and is ${b.width} × ${b.height}`);
  }
  let [largest, sum, other] = [0, 0, 0];
  for (let i = 0; i < a.rgb.length; i += 1) {
    const difference = Math.abs((a.rgb[i] as number) - (b.rgb[i] as number));
    if (difference > largest) largest = difference;
    if (difference > 0) other += 1;
    sum += difference;
  }
  const share = ((100 * other) / a.rgb.length).toFixed(1);
  const message = `by up to ${largest} of 255 levels, ${(sum / a.rgb.length).toFixed(3)} on average, in ${share} % of the values`;
  return judged({ ...SAME, pixels: largest }, largest, tolerated, message);
}

/** Tensor by tensor, so that no more than two of them are in memory. */
async function compareWeights(
  a: BlobRef,
  b: BlobRef,
  tolerated: number,
  { stores, signal }: Parameters<typeof compareLeaves>[3],
): Promise<LeafComparison> {
  const open = async ({ sha256 }: BlobRef) => {
    const source = await objectSource(stores.objects, blobKey(sha256), { signal });
    return { source, header: await readSafetensorsHeader(source) };
  };
  const [before, after] = [await open(a), await open(b)];
  const missing = [...before.header.tensors.keys()].find((name) => !after.header.tensors.has(name));
  if (missing !== undefined) return differs(`it no longer has the tensor ${missing}`);
  const added = [...after.header.tensors.keys()].find((name) => !before.header.tensors.has(name));
  if (added !== undefined) return differs(`it has a tensor more, ${added}`);
  let [ofDifference, ofOriginal, largest, where] = [0, 0, 0, ""];
  for (const [name, info] of before.header.tensors) {
    signal.throwIfAborted();
    const other = after.header.tensors.get(name);
    if (other === undefined || info.dtype !== other.dtype || `${info.shape}` !== `${other.shape}`) {
      return differs(
        `${name} was ${info.dtype} ${info.shape.join("×")} and is ${other?.dtype} ${other?.shape.join("×")}`,
      );
    }
    const [x, y] = [await readTensor(before, info), await readTensor(after, other)];
    if (!isFloatDtype(info.dtype)) {
      if (Buffer.compare(x.data, y.data) !== 0) return differs(`${name}, which holds ${info.dtype}, is another`);
      continue;
    }
    const [from, to] = [toFloat32(info.dtype, x.data), toFloat32(info.dtype, y.data)];
    for (let i = 0; i < from.length; i += 1) {
      const difference = Math.abs((from[i] as number) - (to[i] as number));
      ofDifference += difference ** 2;
      ofOriginal += (from[i] as number) ** 2;
      if (difference > largest || Number.isNaN(difference)) [largest, where] = [difference, name];
    }
  }
  const relative = ofDifference === 0 ? 0 : Math.sqrt(ofDifference / ofOriginal);
  // A value that is no number is as far off as can be.
  const share = Number.isFinite(relative) ? relative : Number.MAX_VALUE;
  const message = `by ${share.toExponential(2)} of its length; the value that differs most, by ${largest.toExponential(2)}, is in ${where}`;
  const figures = { tensors: share, largestWeight: Number.isFinite(largest) ? largest : Number.MAX_VALUE };
  return judged({ ...SAME, ...figures }, share, tolerated, message);
}

function judged(figures: LeafComparison, found: number, tolerated: number, message: string): LeafComparison {
  if (found === 0) return figures;
  return { ...figures, verdict: found <= tolerated ? "within" : "differs", message };
}

function brief(value: Leaf extends { value: infer V } ? V : unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length <= 80 ? text : `${text.slice(0, 77)}…`;
}
