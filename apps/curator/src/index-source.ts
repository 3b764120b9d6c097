import {
  type InputOf,
  ITEMS_PER_PART,
  type JobContext,
  type JobOutput,
  mapBounded,
  type Refusal,
  type Source,
  type SourceItem,
  UserError,
} from "@loramill/contracts";
import { type AnnotationFile, readAnnotations } from "@loramill/datasets";
import { findUploadedFile, openSource, type SourceEntry } from "@loramill/storage";
import type { CuratorDeps } from "./deps.ts";
import { createFrameManifest } from "./frame-manifest.ts";
import { openReadingNotes, type ReadingNotes } from "./reading-notes.ts";
import { labelSources } from "./source-labels.ts";
import { type TakenEntry, takeEntry } from "./take-entry.ts";

/** Files of a folder or bucket that are copied into the store at once. */
const COPIES_AT_ONCE = 8;

/**
 * Reads the sources, puts every picture into the store and lists them in parts, each with the caption that lies beside
 * it. What is not a picture by its first bytes, or cannot be read, is listed with the reason. UserError `no-images` when
 * nothing is left.
 */
export async function indexSource(
  input: InputOf<"index-source">,
  deps: CuratorDeps,
  ctx: JobContext,
): Promise<JobOutput> {
  const items: SourceItem[] = [];
  const refused: Refusal[] = [];
  const labels = labelSources(await Promise.all(input.params.sources.map((source) => namedAsUploaded(source, deps))));
  const frames = createFrameManifest();
  for (const [index, source] of input.params.sources.entries()) {
    const notes = await openReadingNotes(deps.stores, { job: ctx.job, source: index });
    const found = await readSource(source, { label: labels[index] as string, notes, before: items.length }, deps, ctx);
    frames.add(found.taken, labels[index] as string);
    items.push(...found.items);
    refused.push(...found.refused);
  }
  if (items.length === 0) throw noImages(refused);
  const parts = await putParts(items, refused, deps, ctx);
  const captions = items.filter(({ caption }) => caption !== undefined).length;
  const digest = await deps.stores.documents.put("parts", { parts, items: items.length, refused: refused.length });
  const bytes = items.reduce((sum, { blob }) => sum + blob.bytes, 0);
  return {
    digest,
    shape: "parts",
    items: items.length,
    summary: { pictures: items.length, captions, refused: refused.length, bytes, ...(await frames.put(deps, ctx)) },
  };
}

/** A video or list of an upload goes by the name that it had where it came from. */
async function namedAsUploaded(source: Source, { stores }: CuratorDeps): Promise<Source> {
  if ((source.type !== "video" && source.type !== "manifest") || source.upload === undefined) return source;
  return { ...source, path: (await findUploadedFile(source.upload, stores.documents)).path };
}

async function readSource(
  source: Source,
  { label, notes, before }: { readonly label: string; readonly notes: ReadingNotes; readonly before: number },
  deps: CuratorDeps,
  ctx: JobContext,
): Promise<{ taken: readonly TakenEntry[]; items: SourceItem[]; refused: Refusal[] }> {
  const { signal } = ctx;
  let done = before;
  const { sources: limits, sourceStores, readVideo } = deps;
  const entries = openSource(source, { limits, stores: sourceStores, readVideo, signal });
  const take = async (entry: SourceEntry): Promise<TakenEntry> => {
    const item = await notes.find(entry);
    if (item !== undefined) return { kind: "picture", item };
    const taken = await takeEntry(entry, { stores: deps.stores, limits: deps.images, signal });
    if (taken.kind === "picture") await notes.add(entry, taken.item);
    return taken;
  };
  const reading = mapBounded(inOrder(entries), COPIES_AT_ONCE, async ({ entry, release }) => {
    try {
      return await take(entry);
    } finally {
      release();
      done += 1;
      ctx.progress({ phase: "reading", done });
    }
  });
  try {
    const taken = await reading;
    return { taken, ...sortOut(taken, label) };
  } catch (error) {
    await notes.flush();
    throw error;
  }
}

/** Holds back the entry after one that must be read first. */
async function* inOrder(
  entries: AsyncIterable<SourceEntry>,
): AsyncGenerator<{ entry: SourceEntry; release: () => void }> {
  for await (const entry of entries) {
    const { promise, resolve } = Promise.withResolvers<void>();
    yield { entry, release: resolve };
    if (entry.kind === "file" && entry.sequential) await promise;
  }
}

function sortOut(taken: readonly TakenEntry[], label: string): { items: SourceItem[]; refused: Refusal[] } {
  const files: AnnotationFile[] = [];
  const pictures: SourceItem[] = [];
  const refused: Refusal[] = [];
  for (const one of taken) {
    if (one.kind === "annotation") files.push(one.file);
    else if (one.kind === "picture") pictures.push(one.item);
    else refused.push(one.refusal);
  }
  const paths = pictures.map(({ path }) => path);
  const annotations = readAnnotations(paths, files);
  const items = pictures.map((item) => {
    const said = annotations.found.get(item.path);
    const { caption = said?.caption, repeats = said?.repeats } = item;
    return {
      path: label + item.path,
      blob: item.blob,
      ...(caption === undefined ? {} : { caption }),
      ...(repeats === undefined || repeats === 1 ? {} : { repeats }),
    };
  });
  const all = [...refused, ...annotations.refused].map((one) => ({ ...one, path: label + one.path }));
  return { items, refused: all };
}

/** Refusals are spread evenly over the parts, so that no part grows without bound. */
async function putParts(
  items: readonly SourceItem[],
  refused: readonly Refusal[],
  deps: CuratorDeps,
  ctx: JobContext,
): Promise<string[]> {
  const parts: string[] = [];
  const count = Math.ceil(items.length / ITEMS_PER_PART);
  const refusedPerPart = Math.ceil(refused.length / count);
  for (let part = 0; part < count; part++) {
    ctx.signal.throwIfAborted();
    const document = {
      items: items.slice(part * ITEMS_PER_PART, (part + 1) * ITEMS_PER_PART),
      refused: refused.slice(part * refusedPerPart, (part + 1) * refusedPerPart),
    };
    parts.push(await deps.stores.documents.put("source", document));
  }
  return parts;
}

function noImages(refused: readonly Refusal[]): UserError {
  const [first] = refused;
  const why =
    first === undefined
      ? "the sources hold no files"
      : `${refused.length} ${refused.length === 1 ? "file was" : "files were"} refused, the first ${first.path}: ${first.message}`;
  return new UserError(`No picture was found: ${why}`, {
    code: "no-images",
    details: { refused: refused.slice(0, 20) },
  });
}
