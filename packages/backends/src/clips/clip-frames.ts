import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { BlobRef, type ClipFacts, type ClipFormat, type ClipTools, digestOf, type Stores } from "@loramill/contracts";
import { z } from "zod";
import { clipMediaTypes, fetchTo, keepFile, withWorkFolder } from "./work-folder.ts";

const FRAMES_KIND = "clip-frames";
const VERSION = 1;

const Frames = z.object({
  facts: z.object({
    width: z.int().positive(),
    height: z.int().positive(),
    rate: z.string(),
    hasSound: z.boolean(),
  }),
  frames: z.array(BlobRef).min(1),
});
export type Frames = z.output<typeof Frames>;

interface Tools {
  readonly stores: Stores;
  readonly tools: ClipTools;
}

const keyOf = (clip: Pick<BlobRef, "sha256">) => digestOf({ version: VERSION, clip: clip.sha256 });

/** The frames of a clip that was taken apart before; null where it was not, or where they are gone. */
export async function findFrames(clip: BlobRef, { memos, blobs }: Stores): Promise<Frames | null> {
  const { data } = Frames.safeParse(await memos.find(FRAMES_KIND, keyOf(clip)));
  const last = data?.frames.at(-1);
  return data !== undefined && last !== undefined && (await blobs.has(last.sha256)) ? data : null;
}

/** Takes a clip apart into pictures of the store. */
export async function splitClip(clip: BlobRef, { stores, tools }: Tools, signal: AbortSignal): Promise<Frames> {
  return withWorkFolder(async (folder) => {
    const path = await fetchTo(join(folder, "clip"), clip, stores.blobs, signal);
    const facts = await tools.look(path, signal);
    await tools.split(path, join(folder, "frames"), signal);
    const frames: BlobRef[] = [];
    for (const name of (await readdir(join(folder, "frames"))).sort()) {
      frames.push(await keepFile(join(folder, "frames", name), "image/png", stores.blobs, signal));
    }
    const split = { facts, frames };
    await stores.memos.put(FRAMES_KIND, keyOf(clip), split);
    return split;
  });
}

/** Puts pictures together to a clip of a size and rate, with the sound of another. */
export async function joinClip(
  pictures: readonly BlobRef[],
  wanted: {
    readonly facts: ClipFacts;
    readonly format: ClipFormat;
    readonly quality?: number | undefined;
    readonly soundOf: BlobRef;
  },
  { stores, tools }: Tools,
  signal: AbortSignal,
): Promise<BlobRef> {
  const { facts, format, quality, soundOf } = wanted;
  return withWorkFolder(async (folder) => {
    for (const [at, picture] of pictures.entries()) {
      await fetchTo(join(folder, `${String(at + 1).padStart(9, "0")}.png`), picture, stores.blobs, signal);
    }
    const to = join(folder, `joined.${format}`);
    const sound = facts.hasSound
      ? { soundOf: await fetchTo(join(folder, "sound"), soundOf, stores.blobs, signal) }
      : {};
    await tools.join({ folder, to, format, facts, ...sound, signal, ...(quality === undefined ? {} : { quality }) });
    return keepFile(to, clipMediaTypes[format], stores.blobs, signal);
  });
}

export const framesPerSecond = ({ rate }: Pick<ClipFacts, "rate">): number => {
  const [frames = 1, seconds = 1] = rate.split("/").map(Number);
  return frames / seconds;
};
