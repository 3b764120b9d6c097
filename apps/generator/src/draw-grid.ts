import {
  type Generation,
  type GenerationGrid,
  gridSize,
  type InputOf,
  type JobContext,
  type JobOutput,
  type Refusal,
  type RgbImage,
  type Stores,
  UserError,
} from "@loramill/contracts";
import { drawSheet, planSheet } from "@loramill/imaging";

export interface DrawGridDeps {
  readonly stores: Stores;
  /** Decodes a picture, at most so many pixels long. */
  readonly readPicture: (bytes: Uint8Array, maxSide: number) => Promise<RgbImage>;
  readonly encodePng: (image: RgbImage) => Promise<Uint8Array>;
}

const MAX_IMAGE_BYTES = 256 * 1024 * 1024;

/** Lays out what a generate step made on one labelled sheet. What was refused has its reason in its place. */
export async function drawGrid(input: InputOf<"draw-grid">, deps: DrawGridDeps, ctx: JobContext): Promise<JobOutput> {
  const { documents, blobs } = deps.stores;
  const grid = await documents.get("grid", input.params.grid);
  const made = await readMade(input.inputs.generate, deps.stores, ctx.signal);
  let pictures = 0;
  const { image, rows, columns, places } = await drawSheet(planSheet(grid), async (index, side) => {
    ctx.signal.throwIfAborted();
    const item = made.get(index);
    if (item === undefined) return "not made";
    if ("code" in item) return item.code;
    pictures += 1;
    ctx.progress({ done: pictures });
    return readItem(item, side, deps);
  });
  const of = gridSize(grid);
  if (places < of) ctx.event("grid.warning", { message: tooMany(places, of, grid) });
  const png = await deps.encodePng(image);
  const stored = await blobs.put(png, { mediaType: "image/png", bytes: png.length });
  const digest = await documents.put("contact-sheet", { image: stored, rows, columns, pictures, of });
  return { digest, shape: "part", items: 1, summary: { rows, columns, pictures, of } };
}

type Made = Generation | Pick<Refusal, "code">;

/** What became of the items of the grid, by their place in it. */
async function readMade(output: string, { documents }: Stores, signal: AbortSignal): Promise<Map<number, Made>> {
  const made = new Map<number, Made>();
  const { parts } = await documents.get("parts", output);
  for (const part of parts) {
    signal.throwIfAborted();
    const { generations, refused } = await documents.get("generations", part);
    for (const { path, code } of refused) made.set(Number(path.replace(/^item /, "")), { code });
    for (const generation of generations) made.set(generation.index, generation);
  }
  return made;
}

async function readItem(generation: Generation, side: number, deps: DrawGridDeps): Promise<RgbImage | string> {
  const { image, frames, fps } = generation;
  if (!image.mediaType.startsWith("image/")) return `clip of ${frames ?? "?"} frames at ${fps ?? "?"}/s`;
  try {
    return await deps.readPicture(await deps.stores.blobs.read(image, { maxBytes: MAX_IMAGE_BYTES }), side);
  } catch (error) {
    if (error instanceof UserError) return error.code;
    throw error;
  }
}

const tooMany = (places: number, of: number, { prompts, seeds }: GenerationGrid): string =>
  `the contact sheet shows ${places} of ${of} pictures (${prompts.length} prompts, ${seeds.length} seeds): more do not fit on one`;
