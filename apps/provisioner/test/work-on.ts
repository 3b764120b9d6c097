import type { Catalog } from "@loramill/catalog";
import { startOnlyJob } from "@loramill/catalog/testing";
import { type JobOutput, Parked, type RunId, type Settlement, toErrorRecord } from "@loramill/contracts";
import { type FakeJobContext, fakeJobContext } from "@loramill/testkit";

type Without<S> = S extends unknown
  ? Omit<S, "job" | "epoch" | "startedAt" | "endedAt" | "charges" | "records">
  : never;
type Outcome = Without<Settlement>;
type Job = Parameters<typeof startOnlyJob>[2];

/** The only job of a run, worked on as a worker does: each turn is claimed, asks the ledger for money, and is settled. */
export async function workOn(catalog: Catalog, run: RunId, job: Job) {
  const delivery = await startOnlyJob(catalog, run, job);
  return {
    job: delivery.job,
    async take(process: (ctx: FakeJobContext) => Promise<JobOutput | Parked>): Promise<JobOutput | Parked> {
      const { ledger } = catalog;
      const claimed = await ledger.claim({ ...delivery, queue: job.queue, worker: "a worker" });
      if (claimed.kind === "refused") throw new Error(`the turn was refused: ${claimed.reason}`);
      const { job: id, epoch, turn } = claimed.claim;
      const ctx: FakeJobContext = fakeJobContext({
        ...{ job: id, epoch, turn },
        hold: (microUsd, how) => ledger.hold({ job: id, epoch, microUsd, charges: ctx.said.charges, ...how }),
      });
      const startedAt = new Date();
      const settle = async (outcome: Outcome) => {
        const of = { job: id, epoch, startedAt, endedAt: new Date(), charges: ctx.said.charges, records: [] };
        await ledger.settle({ ...of, ...outcome } as Settlement);
      };
      try {
        const answer = await process(ctx);
        await settle(outcomeOf(answer));
        return answer;
      } catch (error) {
        await settle({
          kind: "retrying",
          until: startedAt,
          error: toErrorRecord(error),
          spendsAttempt: false,
          turn,
        });
        throw error;
      }
    },
  };
}

function outcomeOf(done: JobOutput | Parked): Outcome {
  if (!(done instanceof Parked)) return { kind: "succeeded", output: done };
  if (done.isGivenBack) return { kind: "recalled", turn: done.turn };
  return { kind: "parked", until: new Date(), turn: done.turn };
}
