import {
  digestOf,
  type InputOf,
  type JobContext,
  type JobOutput,
  mapBounded,
  PreparedImage,
  Refusal,
  type RgbImage,
  type SourceItem,
  UserError,
} from "@loramill/contracts";
import { prepareImage } from "@loramill/imaging";
import { z } from "zod";
import type { CuratorDeps } from "./deps.ts";

/** Raised when the same picture and settings would give other bytes or facts. */
const PREPARE_VERSION = 3;
const MEMO_KIND = "prepared-image";

type Settings = InputOf<"prepare-images">["params"];

/** What is remembered of a picture; its path, caption and repeats belong to the source. */
const PreparedFacts = PreparedImage.omit({ path: true, original: true, caption: true, repeats: true });
const Remembered = z.union([
  z.object({ kind: z.literal("prepared"), facts: PreparedFacts }),
  z.object({ kind: z.literal("refused"), code: Refusal.shape.code, message: Refusal.shape.message }),
]);
type Remembered = z.output<typeof Remembered>;

/** Codes of refusals that another try may not repeat. */
const NOT_REMEMBERED: ReadonlySet<string> = new Set(["decode-timeout"]);

/**
 * One pass over the pictures of a part: each is decoded once, measured, hashed, cut and encoded. A picture that cannot be
 * read is listed with the reason and does not fail the job; what was done before a restart is not done again.
 */
export async function prepareImages(
  input: InputOf<"prepare-images">,
  deps: CuratorDeps,
  ctx: JobContext,
): Promise<JobOutput> {
  const { items } = await deps.stores.documents.get("source", input.part);
  await checkFaceFinder(input.params, deps, ctx);
  const started = performance.now();
  let done = 0;
  let remembered = 0;
  const results = await mapBounded(items, deps.concurrency, async (item) => {
    const { result, isNew } = await prepareOnce(item, input.params, deps, ctx);
    if (!isNew) remembered += 1;
    done += 1;
    ctx.progress({ done, total: items.length, percent: Math.round((100 * done) / items.length) });
    return { item, result };
  });
  const images: PreparedImage[] = [];
  const refused: Refusal[] = [];
  for (const { item, result } of results) {
    const { path, blob, ...said } = item;
    if (result.kind === "refused") refused.push({ path, code: result.code, message: result.message });
    else images.push({ path, original: blob, ...result.facts, ...said });
  }
  const digest = await deps.stores.documents.put("prepared", { images, refused });
  if (images.length > 0) ctx.record({ kind: "images", images });
  for (const { path, code, message } of refused) ctx.event("image.refused", { path, code, message });
  chargeTime((performance.now() - started) / 1000, ctx);
  const summary = { prepared: images.length, refused: refused.length, remembered };
  return { digest, shape: "part", items: images.length, summary };
}

/** The plan was made elsewhere, perhaps: this process must have the same face finder. */
async function checkFaceFinder(
  { faces }: Settings,
  { faceFinder }: CuratorDeps,
  { signal }: JobContext,
): Promise<void> {
  if (faces === undefined) return;
  const { available, message } = await faceFinder.isAvailable(signal);
  if (available && faceFinder.id === faces) return;
  const why = available ? `this curator has ${faceFinder.id}, the plan asks for ${faces}` : message;
  throw new UserError(`the curator finds no faces: ${why}`, { code: "faces-unavailable", details: { wanted: faces } });
}

async function prepareOnce(
  item: SourceItem,
  settings: Settings,
  deps: CuratorDeps,
  ctx: JobContext,
): Promise<{ result: Remembered; isNew: boolean }> {
  ctx.signal.throwIfAborted();
  const { memos, blobs } = deps.stores;
  const key = digestOf({ image: item.blob.sha256, settings, version: PREPARE_VERSION });
  const memo = Remembered.safeParse(await memos.find(MEMO_KIND, key)).data;
  if (memo !== undefined && (memo.kind === "refused" || (await blobs.has(memo.facts.prepared.blob.sha256)))) {
    return { result: memo, isNew: false };
  }
  const result = await prepare(item, settings, deps, ctx);
  if (result.kind === "prepared" || !NOT_REMEMBERED.has(result.code)) await memos.put(MEMO_KIND, key, result);
  return { result, isNew: true };
}

async function prepare(
  item: SourceItem,
  settings: Settings,
  { stores, images: limits, faceFinder }: CuratorDeps,
  { signal }: JobContext,
): Promise<Remembered> {
  const bytes = await stores.blobs.read(item.blob, { maxBytes: Math.max(limits.maxBytes, item.blob.bytes), signal });
  try {
    const { faces: finder, ...crop } = settings;
    const findFaces = finder === undefined ? undefined : (image: RgbImage) => faceFinder.find(image, signal);
    const { prepared, converted, faces, ...facts } = await prepareImage(bytes, crop, limits, findFaces);
    const { bytes: encoded, mediaType, ...rest } = prepared;
    const blob = await stores.blobs.put(encoded, { mediaType, bytes: encoded.length, signal });
    return {
      kind: "prepared",
      facts: {
        ...facts,
        ...(converted.length === 0 ? {} : { converted: [...converted] }),
        ...(faces === undefined ? {} : { faces }),
        prepared: { blob, ...rest },
      },
    };
  } catch (error) {
    if (!(error instanceof UserError) || signal.aborted) throw error;
    return { kind: "refused", code: error.code, message: error.message.slice(0, 1000) };
  }
}

/** Free, and written down all the same. */
function chargeTime(seconds: number, ctx: JobContext): void {
  ctx.charge({
    kind: "compute",
    supplier: "curator",
    quantity: Math.round(seconds * 1000) / 1000,
    unit: "cpu-second",
    amountMicroUsd: 0,
    note: "preparing pictures",
  });
}
