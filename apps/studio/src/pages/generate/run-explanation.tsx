import { type ArtifactView, ChoiceExplanation, type GenerationSummary } from "@loramill/contracts";
import { ExplanationPanel } from "./explanation-panel.tsx";

/** Why the pictures of a run are as they are: of its first one, where something was chosen for it. */
export function RunExplanation({
  generation,
  artifacts,
}: {
  readonly generation: GenerationSummary | undefined;
  readonly artifacts: readonly ArtifactView[];
}) {
  const told = artifacts.find(({ digest }) => digest === generation?.file.digest)?.metadata.explanation;
  const parsed = ChoiceExplanation.safeParse(told);
  return parsed.success ? <ExplanationPanel explanation={parsed.data} /> : null;
}
