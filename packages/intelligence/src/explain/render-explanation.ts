import type { ChoiceExplanation, ChosenLora, PromptAnalysis } from "@loramill/contracts";

/** The explanation as lines of text for a terminal; no line is wrapped or coloured. */
export function renderExplanation(explanation: ChoiceExplanation): string {
  const { summary, loras, parameters, performance, warnings, wouldChange, state, prompt, comparison } = explanation;
  const sections: readonly (readonly [title: string, lines: readonly string[]])[] = [
    ["Prompt", describePrompt(prompt)],
    ["LoRAs", [...loras.flatMap(describeLora), ...(comparison === undefined ? [] : [comparison])]],
    [
      "Parameters",
      Object.entries(parameters).map(([name, { value, source, reason }]) => `${name} ${value} (${source}): ${reason}`),
    ],
    ["Performance", performance],
    ["Warnings", warnings],
    ["What would change the choice", wouldChange],
  ];
  const told = sections
    .filter(([, lines]) => lines.length > 0)
    .map(([title, lines]) => [title, ...lines.map((line) => `  ${line}`)].join("\n"));
  const head = state === "proposed" ? `${summary}\nThis is a proposal: edit it, then use it.` : summary;
  return [head, ...told].join("\n\n");
}

function describePrompt(prompt: PromptAnalysis): string[] {
  const { complexity, source, fallbackReason } = prompt;
  const facets = (["subject", "style", "medium", "lighting", "composition", "intent"] as const).flatMap((facet) => {
    const found = prompt[facet].map(({ value, words }) => `${value} ("${words.map(({ text }) => text).join('", "')}")`);
    return found.length === 0 ? [] : [`${facet}: ${found.join(", ")}`];
  });
  const because = fallbackReason === null ? "" : `, since ${fallbackReason}`;
  return [
    ...facets,
    `complexity: ${complexity.level} (${complexity.score.toFixed(2)})`,
    `read by ${source}${because}`,
    ...prompt.notes,
  ];
}

function describeLora({ name, given, confidence, strength, reasons, triggerWords }: ChosenLora): string[] {
  const certain = confidence === null ? "" : `, confidence ${confidence.toFixed(2)}`;
  return [
    `${name} at ${strength.value.toFixed(2)}${given ? ", given" : ""}${certain}`,
    ...reasons.map(({ points, text }) => `  ${points < 0 ? "−" : "+"}${Math.abs(points).toFixed(2)} ${text}`),
    `  strength: ${strength.reason}`,
    ...(triggerWords.length > 0 ? [`  the prompt lacks its trigger words: ${triggerWords.join(", ")}`] : []),
  ];
}
