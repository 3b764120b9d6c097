import type { PlanContext } from "@loramill/orchestration";
import type { PlanningDeps } from "./planning-deps.ts";

type Deps = Pick<PlanningDeps, "captioners" | "fuser" | "embedder" | "tokenCounters">;

/** Looks at what writes captions, and at what works on them. */
export async function readCaptionTools(
  { captioners, fuser, embedder, tokenCounters }: Deps,
  signal?: AbortSignal,
): Promise<Required<Pick<PlanContext, "captioners" | "captionTools">>> {
  const [offered, fuse, embed] = await Promise.all([
    Promise.all(
      captioners.map(async ({ provider, captioner }) => ({
        provider,
        id: captioner.id,
        ...(captioner.estimateMicroUsd === undefined ? {} : { estimateMicroUsd: captioner.estimateMicroUsd }),
        ...(await captioner.isAvailable(signal)),
      })),
    ),
    fuser?.isAvailable(signal),
    embedder?.isAvailable(signal),
  ]);
  return {
    captioners: offered,
    captionTools: {
      ...(fuser === null || fuse === undefined ? {} : { fuser: { id: fuser.id, ...fuse } }),
      ...(embedder === null || embed === undefined ? {} : { embedder: { id: embedder.id, ...embed } }),
      tokenCounters,
    },
  };
}
