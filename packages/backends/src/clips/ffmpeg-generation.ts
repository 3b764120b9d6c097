import { join } from "node:path";
import {
  BlobRef,
  type ClipTools,
  type Clock,
  digestOf,
  type GeneratedFile,
  type GenerationBackend,
  type GenerationRequestItem,
  type GenerationSpec,
  type SpecIssue,
  type SpecOf,
  type Stores,
  TransientError,
  UserError,
} from "@loramill/contracts";
import { z } from "zod";
import { openLocalJobs } from "../local-jobs.ts";
import { framesPerSecond } from "./clip-frames.ts";
import { clipMediaTypes, fetchTo, keepFile, withWorkFolder } from "./work-folder.ts";

export interface FfmpegGenerationParts {
  readonly stores: Stores;
  readonly tools: ClipTools;
  readonly clock: Clock;
}

const VERSION = 1;
const MEMO_KIND = "ffmpeg-clip";
const SECONDS_PER_CLIP = 20;

const Finished = z.object({
  file: BlobRef,
  width: z.int(),
  height: z.int(),
  fps: z.number(),
  seconds: z.number(),
});
type Finished = z.output<typeof Finished>;

type Asked = SpecOf<"smooth-clip" | "interpolate">;

/** What needs no model: clips are smoothed, and given frames in between by motion estimation, on this machine's CPU. */
export function createFfmpegGeneration({ stores, tools, clock }: FfmpegGenerationParts): GenerationBackend {
  const jobs = openLocalJobs(stores.objects, { kind: "ffmpeg", name: "ffmpeg" });

  const backend: GenerationBackend = {
    name: "ffmpeg",
    capabilities: {
      kinds: ["smooth-clip", "interpolate"],
      families: [],
      loraFamilies: [],
      maxLoras: 0,
      maxSidePixels: 8192,
      sideStep: 1,
      itemsPerJob: 4,
      needsReachableStore: false,
    },
    version: async () => `ffmpeg/${VERSION}`,
    isAvailable: (signal) => tools.isAvailable(signal),
    validate: checkSpec,
    estimate(_, items) {
      const seconds = items * SECONDS_PER_CLIP;
      return { seconds: { p50: seconds, p90: seconds * 5 }, costMicroUsd: { p50: 0, p90: 0 } };
    },

    async submit(request, context) {
      for (const { spec } of request.items) {
        const problem = checkSpec(spec).find(({ severity }) => severity === "error");
        if (problem !== undefined) {
          throw new UserError(`${problem.field}: ${problem.message}`, { code: "impossible-request" });
        }
      }
      return jobs.begin(request.marker, context);
    },

    /** One clip a turn. */
    async poll(remoteId, request, context) {
      const record = await jobs.look(remoteId, context);
      if (record === "lost" || record === "cancelled") return { kind: record };
      const total = request.items.length;
      for (const [done, item] of request.items.entries()) {
        if ((await find(item)) !== null) continue;
        const { seconds } = await make(item, context.signal);
        const used = { quantity: seconds, unit: "cpu-second", amountMicroUsd: 0 } as const;
        const charges = [{ kind: "generation", supplier: "ffmpeg", ...used, note: "" } as const];
        return { kind: "running", done: done + 1, total, pollMs: 1, charges };
      }
      await jobs.end(record, context);
      return { kind: "succeeded", done: total, total, pollMs: 1, charges: [] };
    },

    async collect(_remoteId, request) {
      const files: GeneratedFile[] = [];
      for (const { index, ...item } of request.items) {
        const finished = await find({ index, ...item });
        if (finished === null) {
          throw new TransientError(`Clip ${index} is not there yet: poll again`, { code: "not-generated" });
        }
        const drawn = { sampler: "none", steps: 0, guidance: 0, baseModel: "none" };
        files.push({ index, ...finished, ...drawn, pipeline: `ffmpeg ${item.spec.kind}` });
      }
      return { files, refused: [] };
    },

    cancel: jobs.cancel,

    close: async () => {},
  };
  return backend;

  async function find(item: GenerationRequestItem): Promise<Finished | null> {
    const { data } = Finished.safeParse(await stores.memos.find(MEMO_KIND, keyOf(item)));
    return data !== undefined && (await stores.blobs.has(data.file.sha256)) ? data : null;
  }

  async function make(item: GenerationRequestItem, signal: AbortSignal): Promise<Finished> {
    const began = clock.now().getTime();
    const spec = asked(item.spec);
    const { format } = spec.output;
    return withWorkFolder(async (folder) => {
      const clip = await fetchTo(join(folder, "clip"), clipOf(item), stores.blobs, signal);
      const to = join(folder, `made.${format}`);
      const request = { clip, to, format, signal };
      if (spec.kind === "interpolate") await tools.interpolate({ ...request, multiplier: spec.multiplier });
      else await tools.smooth({ ...request, ...spec, clip });
      const before = await tools.look(clip, signal);
      const faster = spec.kind === "interpolate" ? spec.multiplier : 1;
      const finished = {
        file: await keepFile(to, clipMediaTypes[format], stores.blobs, signal),
        width: before.width,
        height: before.height,
        fps: framesPerSecond(before) * faster,
        seconds: (clock.now().getTime() - began) / 1000,
      };
      await stores.memos.put(MEMO_KIND, keyOf(item), finished);
      return finished;
    });
  }
}

function checkSpec(spec: GenerationSpec): SpecIssue[] {
  const error = (field: string, message: string): SpecIssue => ({ field, severity: "error", message });
  if (spec.kind === "smooth-clip") {
    const isOdd = spec.windowFrames % 2 === 1;
    return isOdd
      ? []
      : [error("windowFrames", "a frame has as many neighbours before it as behind: give an odd number")];
  }
  if (spec.kind !== "interpolate") return [error("kind", `ffmpeg does not make ${spec.kind}: choose another backend`)];
  if (spec.method !== "motion") return [error("method", `${spec.method} needs its model: use ComfyUI, or motion`)];
  const unknown = (["model", "fps"] as const).filter((field) => spec[field] !== undefined);
  return unknown.map((field) => error(field, "means nothing to motion estimation: leave it out"));
}

function asked(spec: GenerationSpec): Asked {
  if (spec.kind === "smooth-clip" || spec.kind === "interpolate") return spec;
  throw new UserError(`kind: ffmpeg does not make ${spec.kind}`, { code: "impossible-request" });
}

function clipOf({ spec, inputs }: GenerationRequestItem): BlobRef {
  const clip = inputs[asked(spec).clip];
  if (clip === undefined) throw new TypeError(`the request lacks the clip ${asked(spec).clip}`);
  return clip;
}

const keyOf = (item: GenerationRequestItem) =>
  digestOf({ version: VERSION, spec: { ...asked(item.spec), clip: clipOf(item).sha256 } });
