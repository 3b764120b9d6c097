import type {
  ArtifactView,
  Digest,
  Generation,
  JobOutput,
  JobView,
  JsonObject,
  PlanLock,
  RefusedItem,
  RunEvent,
  StepView,
  Stores,
} from "@loramill/contracts";

/** What the list of a run's artifacts needs of the catalog where a step has no output, or lacks some of it. */
export interface StepRest {
  /** Outputs of the jobs that are done, in their order. */
  readonly outputs: (step: StepView) => Promise<readonly Pick<JobOutput, "digest">[]>;
  /** Jobs that failed for good, in their order. */
  readonly failures: (step: StepView) => Promise<readonly Pick<JobView, "ordinal" | "error">[]>;
  /** What was told of the samples of trainings that are not over, in its order. */
  readonly samples: () => Promise<readonly RunEvent[]>;
  readonly plan: PlanLock | null;
}

type Listed = Pick<ArtifactView, "kind" | "name" | "digest" | "bytes" | "mediaType" | "metadata">;

/**
 * The pictures and clips that a generate step has made, also when it has not come to its end, and the items that it will
 * not make, each with the reason.
 */
export async function listGenerations(
  step: StepView,
  { documents }: Pick<Stores, "documents">,
  rest: StepRest,
): Promise<{ readonly files: readonly Listed[]; readonly refused: readonly RefusedItem[] }> {
  const files: Listed[] = [];
  const refused: RefusedItem[] = [];
  for (const part of await partsOf(step, documents, rest)) {
    const { generations, refused: some } = await documents.get("generations", part);
    for (const generation of generations) files.push(await toListed(generation, documents));
    refused.push(...some.map((item) => ({ step: step.name, ...item })));
  }
  if (step.jobs.failed > 0) refused.push(...(await failedItems(step, rest)));
  return { files, refused };
}

async function partsOf(step: StepView, documents: Stores["documents"], rest: StepRest): Promise<readonly Digest[]> {
  if (step.output !== null) return (await documents.get("parts", step.output)).parts;
  return step.jobs.succeeded === 0 ? [] : (await rest.outputs(step)).map(({ digest }) => digest);
}

/** A job that failed takes its whole range of the grid along. */
async function failedItems(step: StepView, { failures, plan }: StepRest): Promise<RefusedItem[]> {
  const fanOut = plan?.steps.find(({ name }) => name === step.name)?.fanOut;
  return (await failures(step)).map(({ ordinal, error }) => ({
    step: step.name,
    path: fanOut?.type === "range" ? rangeOf(ordinal, fanOut) : `job ${ordinal}`,
    code: error?.code ?? "failed",
    message: error?.message ?? "its job failed",
  }));
}

function rangeOf(ordinal: number, { items, perJob }: { readonly items: number; readonly perJob: number }): string {
  const first = ordinal * perJob;
  const last = Math.min(items, first + perJob) - 1;
  return first === last ? `item ${first}` : `items ${first} to ${last}`;
}

/** With why it is drawn so, where that was chosen. */
async function toListed(generation: Generation, documents: Stores["documents"]): Promise<Listed> {
  const { image, choice } = generation;
  const beside = choice === undefined ? {} : { explanation: await documents.get("choice", choice) };
  return {
    kind: isClip(generation) ? "clip" : "image",
    name: generationName(generation),
    digest: image.sha256,
    bytes: image.bytes,
    mediaType: image.mediaType,
    metadata: { ...generation, ...beside } as unknown as JsonObject,
  };
}

/** WebP holds pictures and clips. */
const isClip = ({ image, frames }: Generation): boolean => image.mediaType.startsWith("video/") || (frames ?? 1) > 1;

/** "0003-a-photo-of-zorb-seed2-x0.8.png": sorts by place in the grid, and says what it is. */
export function generationName({ index, prompt, seed, loras, spec, image }: Generation): string {
  const words = prompt
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, "-")
    .slice(0, 40)
    .replace(/^-|-$/g, "");
  const isDrawn = spec === undefined || "seed" in spec;
  const parts = [
    String(index).padStart(4, "0"),
    words || (spec?.kind ?? ""),
    isDrawn ? `seed${seed}` : "",
    loras[0] === undefined ? "" : `x${loras[0].strength}`,
  ];
  return `${parts.filter(Boolean).join("-")}.${image.mediaType.split("/")[1] ?? "png"}`;
}
