import { type InputOf, type JobContext, type JobOutput, JsonObject } from "@loramill/contracts";
import { runOperation } from "@loramill/lora";
import type { LoraToolsDeps } from "./deps.ts";
import { madeFromLoras } from "./made-from.ts";
import { publishLora } from "./publish-lora.ts";
import { openLoras } from "./stored-inputs.ts";
import { toolRun } from "./tool-run.ts";

/** Makes one LoRA of those of the library. */
export async function editLora(
  { params }: InputOf<"edit-lora">,
  deps: LoraToolsDeps,
  ctx: JobContext,
): Promise<JobOutput> {
  const { name, operation, from } = params;
  const loras = await openLoras(from, { ...deps, signal: ctx.signal });
  const result = await runOperation(operation, loras, { name, ...toolRun(deps.threads, ctx) });
  const [first] = loras;
  const made = {
    operation: operation.kind,
    settings: JsonObject.parse(JSON.parse(JSON.stringify(operation))),
    from: madeFromLoras(from, loras),
  };
  const { family = "unknown", baseModel = "unknown" } = first?.document ?? {};
  return publishLora({ result, name, family, baseModel, made }, deps, ctx);
}
