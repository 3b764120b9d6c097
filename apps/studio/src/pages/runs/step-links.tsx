import type { RunView, StepView } from "@loramill/contracts";
import { ButtonLink } from "../../ui/button.tsx";
import { MadeLora } from "../loras/made-lora.tsx";
import { linkOfStep } from "./link-of-step.ts";

/** To the pages of what a step does and has made, where there are such. */
export function StepLinks({ run, step }: { readonly run: RunView; readonly step: StepView }) {
  const link = linkOfStep(run.id, step);
  return (
    <>
      {link && (
        <ButtonLink small icon={link.icon} href={link.href}>
          {link.label}
        </ButtonLink>
      )}
      {(step.kind === "train" || step.kind === "lora") && <MadeLora small run={run} step={step} />}
    </>
  );
}
