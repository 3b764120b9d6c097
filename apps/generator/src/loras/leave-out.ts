import { type GenerationRequest, type GenerationSpec, isDrawn, LoraFallback, lorasOf } from "@loramill/contracts";
import { z } from "zod";

/** A LoRA that the job goes on without; `called` is what the specs call it. */
export const LeftOut = LoraFallback.extend({ called: z.string() });
export type LeftOut = z.output<typeof LeftOut>;

/** The request without those LoRAs; the words that stand in for them are added to the prompts that named them. */
export function leaveOut(request: GenerationRequest, left: readonly LeftOut[]): GenerationRequest {
  if (left.length === 0) return request;
  const gone = new Set(left.map(({ called }) => called));
  const items = request.items.map((item) => ({
    ...item,
    spec: specWithout(item.spec, left),
    loras: Object.fromEntries(Object.entries(item.loras).filter(([called]) => !gone.has(called))),
  }));
  return { ...request, items };
}

/** Those of the left out that a spec asked for. */
export function leftOutOf(spec: GenerationSpec, left: readonly LeftOut[]): LeftOut[] {
  const uses = new Set(lorasOf(spec).map(({ lora }) => lora));
  return left.filter(({ called }) => uses.has(called));
}

function specWithout(spec: GenerationSpec, left: readonly LeftOut[]): GenerationSpec {
  if (!isDrawn(spec)) return spec;
  const isThere = ({ lora }: { readonly lora: string }) => !left.some(({ called }) => called === lora);
  const own = left.filter(({ called }) => spec.loras.some(({ lora }) => lora === called));
  const changed = { ...spec, loras: spec.loras.filter(isThere), prompt: enhanced(spec.prompt, own) };
  if (!("regions" in changed) || changed.regions === undefined) return changed;
  const list = changed.regions.list.map((region) => {
    const inRegion = left.filter(({ called }) => region.loras.some(({ lora }) => lora === called));
    return { ...region, loras: region.loras.filter(isThere), prompt: enhanced(region.prompt, inRegion) };
  });
  return { ...changed, regions: { ...changed.regions, list } };
}

/** Words that the prompt has already are not said again. */
function enhanced(prompt: string, left: readonly LeftOut[]): string {
  const said = prompt.toLowerCase();
  const words = left.map(({ enhancement }) => enhancement).filter((words) => !said.includes(words.toLowerCase()));
  return [prompt, ...new Set(words)].filter((part) => part !== "").join(", ");
}
