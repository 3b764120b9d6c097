import type { GenerationKind, GenerationSpec, SpecIssue } from "@loramill/contracts";
import { lorasOf } from "@loramill/contracts";
import { checkSpec, families } from "@loramill/graphs";

/** Longer sides need more memory than endpoints usually have. */
export const MAX_SIDE_PIXELS = 4096;
/** What most families here take. */
export const SIDE_STEP = 16;
export const sideSteps = families.map(({ name: family, variant, sideStep: step }) => {
  return { family, variant: variant ?? null, step };
});

/** Kinds that an endpoint can be said to make; clips only where its worker was made to return them. */
export const serverlessKinds = [
  "text-to-image",
  "image-to-image",
  "inpaint",
  "upscale",
  "face-swap",
  "face-expression",
  "text-to-video",
  "image-to-video",
  "speech-to-video",
  "motion-transfer",
  "face-motion",
  "interpolate",
] as const satisfies readonly GenerationKind[];

export interface ServerlessSupport {
  readonly kinds: readonly GenerationKind[];
  readonly families: readonly string[];
  /** Whether LoRAs lie on the endpoint's volume, named by their content. */
  readonly hasLoras: boolean;
}

/** What cannot be sent to an endpoint. Which models it has is only known when it draws. */
export function checkServerlessSpec(spec: GenerationSpec, support: ServerlessSupport): SpecIssue[] {
  const issue = (severity: SpecIssue["severity"], field: string, message: string) => ({ field, severity, message });
  if (!support.kinds.includes(spec.kind)) {
    const how = "list it in RUNPOD_SERVERLESS_KINDS if the endpoint's worker makes it and returns its files";
    return [issue("error", "kind", `the serverless endpoint makes no ${spec.kind}: ${how}`)];
  }
  const family = "model" in spec && typeof spec.model === "object" ? spec.model.family : null;
  if (family !== null && !support.families.includes(family)) {
    const message = `the serverless endpoint has no ${family}: list it in RUNPOD_SERVERLESS_FAMILIES if it does`;
    return [issue("error", "model.family", message)];
  }
  const tooLong = (["width", "height"] as const).flatMap((side) => {
    const pixels = (spec as { [K in typeof side]?: number | undefined })[side];
    if (pixels === undefined || pixels <= MAX_SIDE_PIXELS) return [];
    return issue("error", side, `${pixels} is longer than ${MAX_SIDE_PIXELS}: draw smaller and upscale`);
  });
  const more = "moreSeeds" in spec && spec.moreSeeds.length > 0;
  const isIdle = lorasOf(spec).every(({ strength }) => strength === 0);
  return [
    ...checkSpec(spec),
    ...tooLong,
    ...(more ? [issue("error", "moreSeeds", "every request makes one picture: give the seeds to the batch")] : []),
    ...(support.hasLoras || isIdle ? [] : [issue("warning", "loras", NO_LORAS)]),
  ];
}

/** What to do about LoRAs that the endpoint does not have. */
export const NO_LORAS =
  "the serverless endpoint loads no LoRAs: name its volume in RUNPOD_SERVERLESS_VOLUME, or put them there under models/loras, as loramill-<first 32 digits of the SHA-256>.safetensors, and set RUNPOD_SERVERLESS_LORAS=volume";
