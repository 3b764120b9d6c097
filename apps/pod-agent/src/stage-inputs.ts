import { constants, createReadStream, createWriteStream } from "node:fs";
import { copyFile, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import {
  type AgentImage,
  type AgentManifest,
  type AgentStart,
  blobKey,
  mapBounded,
  PermanentError,
  type StoredFile,
} from "@loramill/contracts";
import type { ContentCache } from "./cache/content-cache.ts";
import { nodeDisk } from "./cache/disk.ts";
import type { JobPlace } from "./job-place.ts";
import { type OpenPack, openPack } from "./picture-pack.ts";
import { download, type TransferParts } from "./transfer.ts";

const DOWNLOADS_AT_ONCE = 8;

/** Brings everything here that a training needs. Answers the models' paths by role, and what gives them back. */
export async function stageInputs(
  start: AgentStart,
  place: JobPlace,
  restoresTo: "output" | "resume",
  cache: ContentCache,
  parts: TransferParts,
): Promise<{ readonly models: Record<string, string>; readonly release: () => Promise<void> }> {
  await stageImages(start.images, place.images, cache, parts);
  if (start.regularisationImages.length > 0) {
    await stageImages(start.regularisationImages, place.regularisation, cache, parts);
  }
  if (start.resume !== null) await stageCheckpoint(start.resume, place, place[restoresTo], parts);
  const taken: { readonly role: string; readonly path: string; readonly release: () => Promise<void> }[] = [];
  const release = async () => {
    for (const model of taken.splice(0)) await model.release();
  };
  try {
    for (const file of start.models) {
      const origin = file.key === null ? { url: file.url ?? "" } : { key: file.key };
      taken.push({ role: file.role, ...(await cache.take(file, origin, parts)) });
    }
  } catch (error) {
    await release();
    throw error;
  }
  return { models: Object.fromEntries(taken.map(({ role, path }) => [role, path])), release };
}

/** Plain numbered names: some trainers change or refuse others. A copy, since some change the pictures. */
async function stageImages(
  images: readonly AgentImage[],
  folder: string,
  cache: ContentCache,
  parts: TransferParts,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  const pack = await openPack(images, cache, parts.signal);
  try {
    await mapBounded(images, DOWNLOADS_AT_ONCE, async (image, i) => {
      const stem = join(folder, String(i + 1).padStart(6, "0"));
      await stageImage(image, `${stem}.${extensionOf(image.mediaType)}`, { pack, cache, parts });
      await writeFile(`${stem}.txt`, `${image.caption}\n`);
    });
  } finally {
    await pack?.close();
  }
}

/** From the pack of its dataset where there is one, else by itself. */
async function stageImage(
  { sha256, bytes, mediaType }: AgentImage,
  path: string,
  from: { readonly pack: OpenPack | null; readonly cache: ContentCache; readonly parts: TransferParts },
): Promise<void> {
  const packed = await from.pack?.read(sha256);
  if (packed) return writeFile(path, packed);
  const file = { sha256, bytes, name: `picture.${extensionOf(mediaType)}` };
  const taken = await from.cache.take(file, { key: blobKey(sha256) }, from.parts);
  // Where the disk can, a copy that shares the bytes until one of the two is changed.
  await copyFile(taken.path, path, constants.COPYFILE_FICLONE).finally(taken.release);
}

function extensionOf(mediaType: string): string {
  const kind = mediaType.replace(/^image\//, "");
  return kind === "jpeg" ? "jpg" : /^(png|webp|jpg)$/.test(kind) ? kind : "png";
}

/** Joins the parts of every file of a checkpoint where its trainer looks for them. */
async function stageCheckpoint(
  checkpoint: AgentManifest,
  place: JobPlace,
  folder: string,
  parts: TransferParts,
): Promise<void> {
  for (const file of checkpoint.files) await stageFile(file, place.parts, join(folder, file.name), parts);
}

async function stageFile(file: StoredFile, scratch: string, path: string, transfer: TransferParts): Promise<void> {
  await mkdir(join(path, ".."), { recursive: true });
  await rm(path, { force: true });
  for (const part of file.parts) {
    const piece = join(scratch, part.sha256);
    const target = { path: piece, partial: `${piece}.part` };
    await download({ key: part.key }, part, target, { ...transfer, disk: nodeDisk }).catch((error: unknown) => {
      throw error instanceof PermanentError && error.code === "wrong-digest" ? corrupt(file, error) : error;
    });
    await pipeline(createReadStream(piece), createWriteStream(path, { flags: "a" }));
    await rm(piece, { force: true });
  }
  if (file.parts.length === 0) await writeFile(path, "");
  if ((await nodeDisk.digest(path)) === file.sha256) return;
  throw corrupt(file);
}

/** The controller takes the marker of such a checkpoint away and goes on from the one before. */
function corrupt({ name }: StoredFile, cause?: unknown): PermanentError {
  return new PermanentError(`the file ${name} of the checkpoint is not the one that was committed`, {
    code: "checkpoint-corrupt",
    cause,
  });
}
