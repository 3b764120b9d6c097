import { type GenerationSpec, isDrawn, makesClip, type Range } from "@loramill/contracts";
import { resolveSpec } from "@loramill/graphs";

/**
 * Seconds of a step for a megapixel on a card such as an RTX 4090, and to read the base model once. Orders of magnitude
 * from practice, none of it measured here.
 */
const SPEED: Readonly<Record<string, { readonly step: number; readonly load: number }>> = {
  sd15: { step: 0.15, load: 5 },
  sdxl: { step: 0.16, load: 10 },
  sd3: { step: 0.6, load: 30 },
  flux: { step: 0.7, load: 40 },
  wan21: { step: 1.2, load: 60 },
  wan22: { step: 1.2, load: 90 },
};
/** What no base model draws: enlarging, swapping, encoding. */
const WORKED_SECONDS = 20;
/** How many times longer the pessimist waits. */
const SPREAD = 3;

/** Time on the servers together, and what it costs at their price. */
export function estimateGeneration(
  spec: GenerationSpec,
  items: number,
  { servers, usdPerHour }: { readonly servers: readonly unknown[]; readonly usdPerHour: number },
): { seconds: Range; costMicroUsd: Range } {
  const each = secondsOf(spec);
  const load = isDrawn(spec) ? (SPEED[spec.model.family]?.load ?? 0) : 0;
  const worked = each * items + load * servers.length;
  const cost = (seconds: number) => Math.ceil((seconds / 3600) * usdPerHour * 1_000_000);
  const p50 = worked / Math.max(1, Math.min(servers.length, items));
  return {
    seconds: { p50, p90: p50 * SPREAD },
    costMicroUsd: { p50: cost(worked), p90: cost(worked * SPREAD) },
  };
}

function secondsOf(spec: GenerationSpec): number {
  if (!isDrawn(spec)) return WORKED_SECONDS;
  const resolved = resolveSpec(spec) as typeof spec & { width?: number; height?: number; frames?: number };
  const { width = 1024, height = 1024, sampling } = resolved;
  const frames = resolved.kind === "restyle-clip" ? resolved.chunkFrames : (resolved.frames ?? 1);
  const { step = 1 } = SPEED[spec.model.family] ?? {};
  const guided = (sampling.guidance ?? 1) === 1 ? 0.5 : 1;
  // Video models pack about four frames into one.
  const layers = makesClip(spec) ? Math.max(1, frames / (spec.model.family.startsWith("wan") ? 4 : 1)) : 1;
  return 1 + (sampling.steps ?? 20) * step * guided * ((width * height) / 1024 ** 2) * layers;
}
