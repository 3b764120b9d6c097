import type { TestRedis } from "@loramill/testkit";
import { expect } from "vitest";
import { checkHistory } from "../history/check-history.ts";
import { openHistory } from "../history/history.ts";
import { checkCaptions } from "./check-captions.ts";
import { endRuns } from "./end-runs.ts";
import { millRoles, startMillWorld } from "./mill-world.ts";
import { countKills, type Outcome, slowestClaim } from "./soak-log.ts";
import { submitRuns } from "./submit-runs.ts";

const REPORT_MS = 30_000;
const CAPTIONS_ARE_PAID = "captions cost what their endpoint was asked";

export interface MillOutcome extends Outcome {
  /** Runs that were resumed after a job of theirs had lost too many workers. */
  readonly resumed: number;
  readonly captionsAsked: number;
}

/**
 * Lets runs go the whole way while every kind of process is killed again and again, until there were so many kills; then lets
 * everything come to its end, and holds the history to what is promised.
 */
export async function millChaos(options: {
  readonly kills: number;
  readonly seed: number;
  readonly redis: TestRedis | null;
}): Promise<MillOutcome> {
  const startedAt = Date.now();
  const world = await startMillWorld(options);
  const { catalog, client, endpoint, processes } = world;
  const submitter = submitRuns(world);
  const report = setInterval(
    () => console.log(`${processes.deaths.length} kills, ${submitter.acknowledged.length} runs`),
    REPORT_MS,
  );
  try {
    await processes.killed;
    expect(processes.complaints).toEqual([]);
    await submitter.stop();
    const resumed = await endRuns(catalog, client);
    const history = openHistory(catalog, submitter.acknowledged);
    const holds = await checkHistory(history);
    await checkCaptions(history, endpoint.asked, resumed);
    expect(processes.complaints).toEqual([]);
    expect(await processes.stop()).toEqual(millRoles.flatMap((role) => Array(role.processes).fill(0)));
    return {
      ...{ world: "mill", seed: options.seed, ...countKills(processes.deaths) },
      ...{ runs: submitter.acknowledged.length, resumed: resumed.length, captionsAsked: endpoint.asked.length },
      slowestClaimSeconds: await slowestClaim(catalog, processes.deaths),
      ...{ holds: [...holds, CAPTIONS_ARE_PAID], seconds: Math.round((Date.now() - startedAt) / 1_000) },
    };
  } finally {
    clearInterval(report);
    await submitter.stop();
    await world.close();
  }
}
