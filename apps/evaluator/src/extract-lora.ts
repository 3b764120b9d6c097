import type { InputOf, JobContext, JobOutput } from "@loramill/contracts";
import { asMappedFamily, extractFromFiles } from "@loramill/lora";
import type { LoraToolsDeps } from "./deps.ts";
import { madeFromModel } from "./made-from.ts";
import { publishLora } from "./publish-lora.ts";
import { openModel } from "./stored-inputs.ts";
import { toolRun } from "./tool-run.ts";

/** Makes the LoRA between two checkpoints, a few weights in memory at a time. */
export async function extractLora(
  { params }: InputOf<"extract-lora">,
  deps: LoraToolsDeps,
  ctx: JobContext,
): Promise<JobOutput> {
  const { name, rank, convRank, dtype } = params;
  const opening = { ...deps, signal: ctx.signal };
  const result = await extractFromFiles({
    ...toolRun(deps.threads, ctx),
    original: await openModel(params.original, opening),
    tuned: await openModel(params.tuned, opening),
    ...{ name, rank, dtype },
    family: asMappedFamily(params.original.family),
    ...(convRank === undefined ? {} : { convRank }),
  });
  const made = {
    operation: "extract",
    settings: { rank, dtype, ...(convRank === undefined ? {} : { convRank }) },
    from: [madeFromModel(params.tuned, 1), madeFromModel(params.original, -1)],
  };
  const { family, model: baseModel } = params.original;
  return publishLora({ result, name, family, baseModel, made }, deps, ctx);
}
