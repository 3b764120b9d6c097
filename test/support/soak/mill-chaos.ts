import type { TestRedis } from "@loramill/testkit";
import { expect } from "vitest";
import { checkHistory } from "../history/check-history.ts";
import { openHistory } from "../history/history.ts";
import { checkCaptions } from "./check-captions.ts";
import { endRuns } from "./end-runs.ts";
import { millRoles, startMillWorld } from "./mill-world.ts";
import { CLAIMED_SOON, expectQuickClaims } from "./quick-claims.ts";
import { countKills, type Outcome, reportProgress } from "./soak-log.ts";
import { submitRuns } from "./submit-runs.ts";

const CAPTIONS_ARE_PAID = "captions cost what their endpoint was asked";

export interface MillOutcome extends Outcome {
  /** Runs that were resumed after a job of theirs had lost too many workers, and those that were given a larger budget. */
  readonly resumed: number;
  readonly exhausted: number;
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
  const progress = reportProgress(
    `mill, seed ${options.seed}`,
    () => `${processes.deaths.length} of ${options.kills} kills, ${submitter.acknowledged.length} runs`,
  );
  try {
    await processes.killed;
    expect(processes.complaints).toEqual([]);
    await submitter.stop();
    const { poisoned, exhausted } = await endRuns(catalog, client);
    const history = openHistory(catalog, { acknowledged: submitter.acknowledged, stores: world.stores });
    const holds = await checkHistory(history);
    await checkCaptions(history, endpoint.asked, poisoned);
    expect(processes.complaints).toEqual([]);
    expect(await processes.stop()).toEqual(millRoles.flatMap((role) => Array(role.processes).fill(0)));
    return {
      ...{ world: "mill", seed: options.seed, ...countKills(processes.deaths) },
      ...{
        runs: submitter.acknowledged.length,
        resumed: poisoned.length,
        exhausted: exhausted.length,
        captionsAsked: endpoint.asked.length,
      },
      slowestClaimSeconds: await expectQuickClaims(catalog, processes),
      ...{ holds: [...holds, CAPTIONS_ARE_PAID, CLAIMED_SOON], seconds: Math.round((Date.now() - startedAt) / 1_000) },
    };
  } catch (error) {
    // Worlds are long: nobody is to wait for the last one to hear of the first.
    console.error(error);
    throw error;
  } finally {
    progress.stop();
    await submitter.stop();
    await world.close();
  }
}
