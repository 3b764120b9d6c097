import type { RunView, StepView } from "@loramill/contracts";
import { ButtonLink } from "../../ui/button.tsx";
import { useArtifacts } from "../runs/use-artifacts.ts";
import { loraHref } from "./lora-address.ts";

/** Leads to the LoRA that a step made, as soon as there is one. */
export function MadeLora({
  run,
  step,
  small = false,
}: {
  readonly run: RunView;
  readonly step: StepView;
  readonly small?: boolean;
}) {
  const { items } = useArtifacts(run);
  const made = items.find((item) => item.kind === "lora-weights" && item.step === step.name);
  if (made === undefined) return null;
  return (
    <ButtonLink small={small} href={loraHref(made.digest, run.project)} icon="lora">
      Its LoRA
    </ButtonLink>
  );
}
