import type { ChoiceEdit } from "@loramill/contracts";
import { type Choice, type ChoiceFacts, chooseFor } from "./choose.ts";

/**
 * A proposal as its user edited it. LoRAs that were not touched stay exactly as they were proposed; what is added or changed
 * becomes given; parameters that were not touched are chosen around those that were. A LoRA is named as the proposal names
 * it, or by its id. UserError as `choose`.
 */
export function decide(proposal: Choice, edit: ChoiceEdit, facts: ChoiceFacts): Choice {
  const isNamed = ({ name, id }: { name: string; id: string | null }, ref: string) => ref === name || ref === id;
  const edited = [...edit.drop, ...edit.loras.map(({ lora }) => lora)];
  const kept = proposal.loras.filter((lora) => !edited.some((ref) => isNamed(lora, ref)));
  const parameters = { ...proposal.request.parameters, ...edit.parameters };
  const request = { ...proposal.request, loras: edit.loras, parameters };
  const again = chooseFor(
    request,
    { ...facts, analysis: proposal.analysis },
    { mode: proposal.mode, mayChooseLoras: false },
  );
  const loras = [...again.loras, ...kept];
  return {
    ...again,
    state: "decided",
    loras,
    comparison: proposal.comparison,
    passed: proposal.passed.filter((lora) => !loras.some(({ id }) => id === lora.id)),
    warnings: [...new Set([...proposal.warnings, ...again.warnings])],
  };
}
