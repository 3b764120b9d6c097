import type { RunView, StepView } from "@loramill/contracts";
import { ButtonLink } from "../../ui/button.tsx";
import { MadeLora } from "../loras/made-lora.tsx";

/** To the pages of what a step does and has made, where there are such. */
export function StepLinks({ run, step }: { readonly run: RunView; readonly step: StepView }) {
  switch (step.kind) {
    case "dataset":
      if (step.output === null) return null;
      return (
        <ButtonLink small icon="dataset" href={`/datasets/${step.output}`}>
          Its dataset
        </ButtonLink>
      );
    case "train":
      return (
        <>
          <ButtonLink small icon="training" href={`/training/${run.id}?${new URLSearchParams({ step: step.name })}`}>
            Its training
          </ButtonLink>
          <MadeLora small run={run} step={step} />
        </>
      );
    case "lora":
      return <MadeLora small run={run} step={step} />;
    case "generate":
      return (
        <ButtonLink small icon="picture" href={`/generations?${new URLSearchParams({ run: run.id })}`}>
          Its pictures and clips
        </ButtonLink>
      );
    default:
      return null;
  }
}
