import { type RunView, UserError } from "@loramill/contracts";
import type { Client } from "@loramill/sdk";
import { exitCodes } from "../../exit-codes.ts";
import { withFollowed } from "../../followed-run.ts";
import type { CommandContext } from "../context.ts";

/**
 * Has the API do the work of a tool, as a run whose progress is shown; Ctrl-C cancels it. What stops the run is thrown as it
 * would be had the tool worked here.
 */
export function withToolRun(
  context: CommandContext,
  work: {
    readonly start: (client: Client) => Promise<RunView>;
    readonly end: (client: Client, run: RunView) => Promise<number>;
  },
): Promise<number> {
  return withFollowed(context, "cancel", {
    start: work.start,
    end: async ({ client, run, detached }) => {
      if (detached || run.state === "cancelled") return exitCodes.cancelled;
      if (run.state === "succeeded") return work.end(client, run);
      const { message = `it ended as ${run.state}`, code = "run-failed" } = run.error ?? {};
      throw new UserError(`${run.id}: ${message}`, { code });
    },
  });
}
