import type { BisectionView } from "@loramill/contracts";
import type { Client } from "@loramill/sdk";
import type { CommandContext } from "../commands/context.ts";
import { connect } from "../connect.ts";
import { followRun } from "../follow-run.ts";

export interface FollowedTrials {
  readonly view: BisectionView;
  /** Somebody left the open trial to itself. */
  readonly detached: boolean;
}

/**
 * Follows the trial that begins, so that a mill of this command lives until its pictures are there, and then those that
 * `goOn` begins, until it answers null. An exit code in the place of a bisection ends it.
 */
export async function followTrials(
  context: CommandContext,
  begin: (client: Client) => Promise<BisectionView | number>,
  goOn: (client: Client, view: BisectionView) => Promise<BisectionView | null> = async () => null,
): Promise<FollowedTrials | number> {
  const { client, mill } = await connect(context);
  let detached = false;
  const followed = new Set<string>();
  try {
    const begun = await begin(client);
    if (typeof begun === "number") return begun;
    let view = begun;
    for (let next: BisectionView | null = begun; next !== null; ) {
      for (const run of [next.good.run, next.bad.run, next.open?.run]) {
        if (run == null || detached || followed.has(run)) continue;
        followed.add(run);
        const start = () => client.getRun(run);
        ({ detached } = await followRun({ client, start, onInterrupt: "leave", context }));
      }
      view = await client.bisections.get(begun.id);
      next = detached ? null : await goOn(client, view);
    }
    return { view, detached };
  } finally {
    if (detached) mill?.leave();
    else await mill?.stop();
  }
}
