import type { ChosenLora, ChosenParameters, PromptAnalysis } from "@loramill/contracts";

interface Summarised {
  readonly loras: readonly ChosenLora[];
  readonly parameters: ChosenParameters;
  readonly guidanceKind: "cfg" | "distilled";
  readonly analysis: PromptAnalysis;
}

/** The choice in one line. */
export function summarise({ loras, parameters, guidanceKind, analysis }: Summarised): string {
  const { steps, guidance, width, height, frames } = parameters;
  const names = loras.map(({ name, strength }) => `${name} (α=${strength.value.toFixed(2)})`);
  const guided = `${guidanceKind === "cfg" ? "CFG" : "guidance"} ${guidance.value}`;
  const clip = frames.value > 1 ? `, ${frames.value} frames` : "";
  return [
    `Selected LoRAs: ${names.length === 0 ? "none" : names.join(", ")}`,
    `Parameters: ${steps.value} steps, ${guided}, ${width.value}×${height.value}${clip}`,
    `Prompt complexity: ${analysis.complexity.level}`,
  ].join(" | ");
}
