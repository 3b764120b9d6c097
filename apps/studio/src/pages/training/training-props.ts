import type { RunView, StepView } from "@loramill/contracts";
import type { RunFeed } from "../runs/use-run-feed.ts";

export interface TrainingProps {
  readonly run: RunView;
  readonly step: StepView;
  readonly events: RunFeed["events"];
}
