import {
  type BackendContext,
  type BlobRef,
  type Charge,
  type ClipTools,
  type Digest,
  digestOf,
  type GeneratedFile,
  type GenerationBackend,
  type GenerationRequest,
  type GenerationRequestItem,
  type GenerationSpec,
  type GenerationStatus,
  PermanentError,
  type Stores,
  TransientError,
} from "@loramill/contracts";
import { z } from "zod";
import { openRecords } from "../job-records.ts";
import { checkRestyling } from "./check-restyling.ts";
import { type Frames, findFrames, framesPerSecond, joinClip, splitClip } from "./clip-frames.ts";
import { cutClip } from "./clip-pieces.ts";
import { frameSpec } from "./frame-spec.ts";
import {
  type PlannedChunk,
  pieceLength,
  planChunks,
  RESTYLE_VERSION,
  type RestyleSpec,
  requestOf,
} from "./restyle-chunks.ts";
import { type Chunk, openRestyleMemory } from "./restyle-memory.ts";

export interface RestyleParts {
  readonly stores: Stores;
  readonly tools: ClipTools;
  /** Of a spec whose clip the backend draws as a whole, in how many frames its model packs; null, or left out: as pictures. */
  readonly packedFrames?: (spec: GenerationSpec) => number | null;
}

/** What a clip has where nobody has looked yet: five seconds. */
const ASSUMED_FRAMES = 120;

const Record = z.object({
  remoteId: z.string(),
  state: z.enum(["open", "ended", "cancelled"]),
  /** The chunk that the inner backend works on. */
  inner: z.object({ chunk: z.string(), remoteId: z.string() }).nullable(),
});
type Record = z.output<typeof Record>;

/**
 * Adds `restyle-clip` to a backend that draws pictures over pictures: a clip is taken apart, its frames are drawn chunk by
 * chunk, and what is drawn is put together with the clip's rate and sound. A chunk that is done is remembered, and within
 * one the inner backend remembers pictures: a lost worker costs one frame. Models of clips draw a chunk as a whole, where
 * the backend can (`packedFrames`).
 */
export function addRestyling(
  inner: GenerationBackend,
  { stores, tools, packedFrames = () => null }: RestyleParts,
): GenerationBackend {
  const { capabilities } = inner;
  if (!capabilities.kinds.includes("image-to-image")) return inner;
  const records = openRecords<Record>(stores.objects, "restyle", Record);
  const memory = openRestyleMemory(stores);
  const isClips = ({ items }: GenerationRequest) => items.some(({ spec }) => spec.kind === "restyle-clip");

  const backend: GenerationBackend = {
    ...inner,
    capabilities: { ...capabilities, kinds: [...capabilities.kinds, "restyle-clip"] },

    validate: (spec) =>
      spec.kind === "restyle-clip" ? checkRestyling(spec, inner, packedFrames(spec)) : inner.validate(spec),

    estimate(spec, items) {
      if (spec.kind !== "restyle-clip") return inner.estimate(spec, items);
      const packed = packedFrames(spec);
      if (packed === null) return inner.estimate(frameSpec(spec, spec), items * ASSUMED_FRAMES);
      const chunkFrames = pieceLength(spec, packed);
      return inner.estimate({ ...spec, chunkFrames }, items * cutClip(ASSUMED_FRAMES, { length: chunkFrames }).length);
    },

    async submit(request, context) {
      if (!isClips(request)) return inner.submit(request, context);
      const remoteId = `clips-${digestOf(request.marker).slice(0, 24)}`;
      const found = await records.find(context.job);
      if (found?.remoteId !== remoteId || found.state === "cancelled") {
        await records.write(context.job, { remoteId, state: "open", inner: null });
      }
      return { remoteId };
    },

    async poll(remoteId, request, context) {
      if (!isClips(request)) return inner.poll(remoteId, request, context);
      const record = await records.find(context.job);
      if (record?.remoteId !== remoteId) return { kind: "lost" };
      if (record.state === "cancelled") {
        return { kind: "cancelled", charges: await chargesOfCancelled(record, request, context) };
      }
      const status = await advance(record, request, context);
      if (status.kind === "succeeded") await records.write(context.job, { ...record, state: "ended", inner: null });
      return status;
    },

    async collect(remoteId, request, context) {
      if (!isClips(request)) return inner.collect(remoteId, request, context);
      const files: GeneratedFile[] = [];
      for (const item of request.items) {
        const finished = await memory.findClip(await clipKey(item));
        if (finished === null) {
          throw new TransientError(`Clip ${item.index} is not there yet: poll again`, { code: "not-generated" });
        }
        files.push({ index: item.index, ...finished, pipeline: "frames > image-to-image > clip" });
      }
      return { files, refused: [] };
    },

    async cancel(remoteId, context) {
      const record = await records.find(context.job);
      if (record?.remoteId !== remoteId) return inner.cancel(remoteId, context);
      if (record.state === "ended") return "already-ended";
      await records.write(context.job, { ...record, state: "cancelled" });
      if (record.inner !== null) await inner.cancel(record.inner.remoteId, context);
      return "cancelled";
    },
  };
  return backend;

  /** Goes on with the first clip that is not finished, by one look at the inner backend. */
  async function advance(
    record: Record,
    request: GenerationRequest,
    context: BackendContext,
  ): Promise<GenerationStatus> {
    const total = request.items.length;
    const running = (done: number, pollMs: number, charges: readonly Charge[] = []): GenerationStatus => {
      return { kind: "running", done, total, pollMs, charges };
    };
    for (const [done, item] of request.items.entries()) {
      if ((await memory.findClip(await clipKey(item))) !== null) continue;
      const clip = clipOf(item);
      const split = await findFrames(clip, stores);
      if (split === null) {
        await splitClip(clip, { stores, tools }, context.signal);
        return running(done, 1);
      }
      const chunks = await chunksOf(item, split);
      const drawn: Chunk[] = [];
      for (const chunk of chunks) {
        const known = await memory.findChunk(chunk.key);
        if (known !== null) {
          drawn.push(known);
          continue;
        }
        context.onProgress({ done: drawn.flatMap(({ frames }) => frames).length, total: split.frames.length });
        const status = await drawChunk(record, chunk, request, context);
        return status.kind === "running" ? running(done, status.pollMs, status.charges) : status;
      }
      await finish(item, split, drawn, context.signal);
      if (done + 1 < total) return running(done + 1, 1);
    }
    return { kind: "succeeded", done: total, total, pollMs: 1, charges: [] };
  }

  /** `running` also where the chunk has just been finished: the next look goes on behind it. */
  async function drawChunk(
    record: Record,
    chunk: PlannedChunk,
    { marker }: GenerationRequest,
    context: BackendContext,
  ): Promise<GenerationStatus> {
    const request = requestOf(chunk, marker);
    const { pictures: total, kept } = chunk;
    if (record.inner?.chunk !== chunk.key) {
      const { remoteId } = await inner.submit(request, context);
      await records.write(context.job, { ...record, inner: { chunk: chunk.key, remoteId } });
      return { kind: "running", done: 0, total, pollMs: 1, charges: [] };
    }
    const { remoteId } = record.inner;
    const status = await inner.poll(remoteId, request, context);
    if (status.kind === "lost" || status.kind === "cancelled") {
      await records.write(context.job, { ...record, inner: null });
      const charges = status.kind === "cancelled" ? (status.charges ?? []) : [];
      return { kind: "running", done: 0, total, pollMs: 1, charges };
    }
    if (status.kind !== "succeeded") return status;
    const { files, refused } = await inner.collect(remoteId, request, context);
    const [first] = files;
    if (first === undefined || files.length < total) {
      const [reason] = refused;
      const message = `${inner.name} drew ${files.length} of ${total} frames: ${reason?.message ?? "it says no reason"}`;
      const error = new PermanentError(message, { code: reason?.code ?? "frames-missing" });
      return { kind: "failed", error, charges: status.charges };
    }
    const { sampler, steps, guidance, baseModel } = first;
    const made = { sampler, steps, guidance, baseModel };
    const seconds = files.reduce((sum, file) => sum + file.seconds, 0);
    const frames = files.slice(kept.from, kept.to).map(({ file }) => file);
    await memory.putChunk(chunk.key, { frames, made, seconds });
    return { ...status, kind: "running", pollMs: 1 };
  }

  /** What the inner backend used for the chunk that it was taken from. */
  async function chargesOfCancelled(
    { inner: begun }: Record,
    { marker, items }: GenerationRequest,
    context: BackendContext,
  ): Promise<readonly Charge[]> {
    if (begun === null) return [];
    for (const item of items) {
      const split = await findFrames(clipOf(item), stores);
      const chunks = split === null ? [] : await chunksOf(item, split);
      const chunk = chunks.find(({ key }) => key === begun.chunk);
      if (chunk === undefined) continue;
      const status = await inner.poll(begun.remoteId, requestOf(chunk, marker), context);
      return status.kind === "cancelled" ? (status.charges ?? []) : [];
    }
    return [];
  }

  async function chunksOf(item: GenerationRequestItem, split: Frames): Promise<PlannedChunk[]> {
    const spec = asked(item);
    const drawing = { inner, engine: await inner.version(), packed: packedFrames(spec) };
    return planChunks({ ...item, spec }, split, drawing);
  }

  async function clipKey(item: GenerationRequestItem): Promise<Digest> {
    const tensors = Object.entries(item.loras).map(([called, { tensorsSha256 }]) => [called, tensorsSha256]);
    const engine = await inner.version();
    const clip = clipOf(item).sha256;
    return digestOf({ version: RESTYLE_VERSION, backend: inner.name, engine, spec: item.spec, tensors, clip });
  }

  async function finish(
    item: GenerationRequestItem,
    { facts }: Frames,
    chunks: readonly Chunk[],
    signal: AbortSignal,
  ): Promise<void> {
    const { output } = asked(item);
    const frames = chunks.flatMap((chunk) => chunk.frames);
    const wanted = { facts, format: output.format, quality: output.quality, soundOf: clipOf(item) };
    const file = await joinClip(frames, wanted, { stores, tools }, signal);
    const [first] = chunks;
    if (first === undefined) throw new TypeError("a clip without frames");
    const seconds = chunks.reduce((sum, chunk) => sum + chunk.seconds, 0);
    const { width, height } = facts;
    const told = { file, width, height, frames: frames.length, fps: framesPerSecond(facts), seconds, ...first.made };
    await memory.putClip(await clipKey(item), told);
  }
}

function asked({ spec }: GenerationRequestItem): RestyleSpec {
  if (spec.kind === "restyle-clip") return spec;
  throw new TypeError(`clips and other things (${spec.kind}) are not made in one request`);
}

function clipOf(item: GenerationRequestItem): BlobRef {
  const clip = item.inputs[asked(item).clip];
  if (clip === undefined) throw new TypeError(`the request lacks the clip ${asked(item).clip}`);
  return clip;
}
