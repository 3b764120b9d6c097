import { type GenerateSpec, readLoraTags } from "@loramill/contracts";

/** What a spec leaves to be chosen. */
export interface OpenChoices {
  readonly loras: boolean;
  readonly parameters: boolean;
}

/**
 * LoRAs are chosen where the run neither makes one nor the spec names, varies or refuses (`strengths: [0]`) any; parameters
 * where a mode or limits ask for it. `assisted` has its LoRAs from a recommendation, `manual` leaves all to a person.
 */
export function openChoices(generate: GenerateSpec, makesLora: boolean): OpenChoices {
  const { mode, constraints } = generate;
  if (mode === "manual") return { loras: false, parameters: false };
  return {
    loras: mode !== "assisted" && !makesLora && !saysLoras(generate),
    parameters: mode !== undefined || constraints !== undefined,
  };
}

/** Whether anything has to be looked up for the generations of a spec. */
export function asksToChoose(generate: GenerateSpec, makesLora: boolean): boolean {
  const open = openChoices(generate, makesLora);
  return open.loras || open.parameters;
}

function saysLoras({ lora, strengths, request, prompts, vary }: GenerateSpec): boolean {
  if (lora !== undefined || strengths.every((strength) => strength === 0)) return true;
  if (request !== undefined && !("loras" in request)) return true;
  const regions = request !== undefined && "regions" in request ? (request.regions?.list ?? []) : [];
  const isInRequest = (request?.loras.length ?? 0) > 0 || regions.some(({ loras }) => loras.length > 0);
  const isVaried = Object.keys(vary).some((field) => /(^|\.)loras(\.|$)/.test(field));
  return isInRequest || isVaried || prompts.some((prompt) => readLoraTags(prompt).loras.length > 0);
}
