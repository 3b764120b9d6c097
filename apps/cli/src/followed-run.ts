import type { RunView } from "@loramill/contracts";
import type { Client } from "@loramill/sdk";
import type { CommandContext } from "./commands/context.ts";
import { connect } from "./connect.ts";
import { followRun } from "./follow-run.ts";

/** Follows a run. A mill that was started for it goes on when the run is left to itself. */
export async function withFollowed(
  context: CommandContext,
  onInterrupt: "cancel" | "leave",
  work: {
    start: (client: Client) => Promise<RunView>;
    end: (followed: { client: Client; run: RunView; detached: boolean }) => Promise<number>;
  },
): Promise<number> {
  const { client, mill } = await connect(context);
  let detached = false;
  try {
    const followed = await followRun({ client, start: () => work.start(client), onInterrupt, context });
    detached = followed.detached;
    return await work.end({ ...followed, client });
  } finally {
    if (detached) mill?.leave();
    else await mill?.stop();
  }
}
