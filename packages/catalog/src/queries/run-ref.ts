import type { ProjectId, RunId } from "@loramill/contracts";

/** Which run, and (for callers of the API) whose: a run of another project is not there. */
export interface RunRef {
  readonly run: RunId;
  readonly project?: ProjectId | undefined;
}
