import {
  type BlobRef,
  type GenerationCapabilities,
  type GenerationRequestItem,
  type GenerationSpec,
  inputFilesOf,
  isDrawn,
  type LoraDocument,
  lorasOf,
  type SpecIssue,
  UserError,
} from "@loramill/contracts";
import { checkSpec, families, findFamily } from "@loramill/graphs";
import { planItem } from "./plan-item.ts";
import { type KnownServer, lacksOf } from "./server-knowledge.ts";

type Kind = GenerationCapabilities["kinds"][number];

/** Kinds that no base model draws. Clips are smoothed by ffmpeg; who restyles them takes them apart first. */
const WORKED = ["upscale", "face-swap", "face-expression", "face-motion", "interpolate", "solid-colour"] as const;
const own = families.filter(({ name }) => name !== "pocket");
const drawn = own.flatMap(({ kinds }) => Object.keys(kinds) as Kind[]).filter((kind) => kind !== "restyle-clip");

/** What servers of this family of programs can do with all the nodes and models there are. */
export const capabilities: GenerationCapabilities = {
  kinds: [...new Set<Kind>([...drawn, ...WORKED])],
  families: [...new Set(own.map(({ name }) => name))],
  loraFamilies: [...new Set(own.map(({ name }) => name))],
  maxLoras: 8,
  maxSidePixels: 4096,
  sideStep: 16,
  sideSteps: own.map(({ name: family, variant, sideStep: step }) => ({ family, variant: variant ?? null, step })),
  itemsPerJob: 16,
  needsReachableStore: false,
};

/**
 * Where a clip is drawn anew by a model that packs frames together: its pieces have a multiple of so many frames plus one.
 * Null where each frame is drawn as a picture of its own.
 */
export const packedFrames = (spec: GenerationSpec): number | null =>
  spec.kind === "restyle-clip" ? (findFamily(spec)?.frameStep ?? null) : null;

/**
 * What ComfyUI cannot make of a spec, and what none of the servers that were looked at lately has for it. `known` is
 * empty where nobody has looked: then only the spec itself is judged.
 */
export function checkRequest(spec: GenerationSpec, known: readonly KnownServer[]): SpecIssue[] {
  const error = (field: string, message: string): SpecIssue => ({ field, severity: "error", message });
  const { kinds, families: drawnWith, maxSidePixels } = capabilities;
  if (!kinds.includes(spec.kind) && packedFrames(spec) === null)
    return [error("kind", `ComfyUI makes no ${spec.kind}: choose another backend`)];
  if (isDrawn(spec) && !drawnWith.includes(spec.model.family)) {
    return [error("model.family", `ComfyUI draws with ${drawnWith.join(", ")}: choose another backend`)];
  }
  const found = checkSpec(spec);
  const issues = [
    ...found,
    ...(["width", "height"] as const).flatMap((side) => {
      const pixels = side in spec ? (spec as { [K in typeof side]?: number })[side] : undefined;
      const isTooLong = pixels !== undefined && pixels > maxSidePixels && !found.some(({ field }) => field === side);
      return isTooLong ? error(side, `${pixels} is longer than ${maxSidePixels}: draw smaller and upscale`) : [];
    }),
    ...(spec.kind === "interpolate" && spec.method === "motion"
      ? [error("method", "motion is ffmpeg's: take rife, film or amt")]
      : []),
  ];
  if (known.length === 0 || issues.some(({ severity }) => severity === "error")) return issues;
  return [...issues, ...checkServers(spec, known)];
}

/** What the server lacks that lacks the least, or why there is no graph for it. */
function checkServers(spec: GenerationSpec, known: readonly KnownServer[]): SpecIssue[] {
  const error = (field: string, message: string): SpecIssue => ({ field, severity: "error", message });
  const clipFps = Object.fromEntries(inputFilesOf(spec).map((file) => [file, 24]));
  try {
    const planned = planItem(assumed(spec), "validate", clipFps);
    const lacks = known.map(({ server, classes }) => ({ server, found: lacksOf(planned, classes) }));
    const [best] = lacks.toSorted((a, b) => a.found.length - b.found.length);
    return (best?.found ?? []).map(({ kind, message }) =>
      error(kind === "node" ? "kind" : "model.files", `ComfyUI at ${best?.server}: ${message}`),
    );
  } catch (thrown) {
    if (!(thrown instanceof UserError)) throw thrown;
    const { field } = thrown.details;
    return [error(typeof field === "string" ? field : "kind", thrown.message)];
  }
}

const NONE: BlobRef = { sha256: "0".repeat(64), bytes: 0, mediaType: "application/octet-stream" };

/** The spec as if its files and LoRAs were there: only their names matter to a graph. */
function assumed(spec: GenerationSpec): GenerationRequestItem {
  const lora = { name: "", weights: NONE, tensorsSha256: NONE.sha256 } as LoraDocument;
  return {
    index: 0,
    spec,
    loras: Object.fromEntries(lorasOf(spec).map(({ lora: called }) => [called, lora])),
    inputs: Object.fromEntries(inputFilesOf(spec).map((called) => [called, NONE])),
    ...(spec.kind === "restyle-clip" ? { frames: [NONE, NONE] } : {}),
  };
}
