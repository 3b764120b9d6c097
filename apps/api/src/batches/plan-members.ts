import { setTimeout as delay } from "node:timers/promises";
import type { Catalog, Leadership, WaitingMember } from "@loramill/catalog";
import { type Clock, type Logger, mapBounded, RunSpec, toErrorRecord, UserError } from "@loramill/contracts";
import { rememberedQuote } from "@loramill/orchestration";
import type { MemberMetrics } from "@loramill/telemetry";
import { checkCeilings } from "../check-ceilings.ts";
import type { Planner } from "../planning/planner.ts";
import { createPatience, type Patience } from "./patience.ts";

/** One API plans the members of all batches; the others look this often whether it is gone. */
const LEAD_EVERY_MS = 2_000;
/** How long a leader waits when nothing is to be planned and nobody rings. */
const IDLE_MS = 5_000;
/** Members planned at the same time: most of it is waiting, for the store, the catalog and backends. */
const AT_ONCE = 4;
const MEMBERS_PER_LOOK = 64;
const PAUSE_AFTER_FAILURE_MS = 1_000;

export interface MemberPlanner {
  /** Gives up what is under way: it waits in the catalog. Safe to call twice. */
  close(): Promise<void>;
}

export interface MemberPlannerDeps {
  readonly catalog: Pick<Catalog, "batches" | "tryToLead" | "listen">;
  readonly planner: Pick<Planner, "planWithQuote">;
  readonly clock: Clock;
  readonly log: Logger;
  /** Told of each attempt to plan a member. */
  readonly onMember: MemberMetrics["observe"];
}

/**
 * Plans the members of batches behind the requests that submitted them, so that no request waits for hundreds of plans and
 * none is lost with its client: each becomes a run in one transaction, or is refused with the reason.
 */
export function startMemberPlanner(deps: MemberPlannerDeps): MemberPlanner {
  const stopping = new AbortController();
  const { signal } = stopping;
  const work = (async () => {
    while (!signal.aborted) {
      try {
        const leadership = await deps.catalog.tryToLead({ lock: "loramill.members", checkMs: LEAD_EVERY_MS });
        if (leadership !== null) await lead(deps, leadership, signal);
        else await pause(LEAD_EVERY_MS, signal);
      } catch (error) {
        deps.log.warn({ error: toErrorRecord(error).message }, "members of batches cannot be planned; trying again");
        await pause(PAUSE_AFTER_FAILURE_MS, signal);
      }
    }
  })();
  return {
    async close() {
      stopping.abort();
      await work;
    },
  };
}

async function lead(deps: MemberPlannerDeps, leadership: Leadership, stopping: AbortSignal): Promise<void> {
  const signal = AbortSignal.any([stopping, leadership.lost]);
  let ring = new AbortController();
  const listening = await deps.catalog.listen("loramill_batches", () => ring.abort(), signal);
  const patience = createPatience(deps.clock);
  try {
    while (!signal.aborted) {
      ring = new AbortController();
      const waiting = await deps.catalog.batches.waitingMembers(MEMBERS_PER_LOOK + patience.size());
      const due = waiting.filter((member) => patience.isDue(member));
      if (due.length > 0) await planSome(due, deps, patience, signal);
      // Fewer than were asked for, so these are all that wait.
      else await pause(Math.min(IDLE_MS, patience.untilDueMs(waiting)), AbortSignal.any([signal, ring.signal]));
    }
  } finally {
    await listening.close();
    await leadership.resign();
  }
}

async function planSome(
  due: readonly WaitingMember[],
  deps: MemberPlannerDeps,
  patience: Patience,
  signal: AbortSignal,
): Promise<void> {
  await mapBounded(due, AT_ONCE, async (member) => {
    if (!signal.aborted) await planOne(member, deps, patience, signal);
  });
}

async function planOne(
  member: WaitingMember,
  { catalog, planner, log, onMember }: MemberPlannerDeps,
  patience: Patience,
  signal: AbortSignal,
): Promise<void> {
  const begun = performance.now();
  const tell = (outcome: Parameters<typeof onMember>[0]["outcome"]) =>
    onMember({ outcome, seconds: (performance.now() - begun) / 1_000 });
  try {
    const spec = RunSpec.parse(member.spec);
    // Planning itself may cost money: what prompts are read with.
    if (await catalog.batches.isSpent(member.batch)) {
      throw new UserError("the budget of the batch was spent before this run began: raise it and resume", {
        code: "budget-exhausted",
      });
    }
    const { lock, charges, quote } = await planner.planWithQuote(spec, signal);
    checkCeilings(quote);
    await catalog.batches.startMember(member, { spec, lock, charges, quote: rememberedQuote(quote) });
    patience.forget(member);
    tell("planned");
  } catch (error) {
    if (signal.aborted) return;
    const record = toErrorRecord(error);
    if (record.class === "transient" && patience.wait(member, record.retryAfterMs)) return tell("retry");
    if (record.class === "bug")
      log.error({ ...refOf(member), error: record.message }, "a run of a batch cannot be planned");
    patience.forget(member);
    await catalog.batches.refuseMember(member, record);
    tell("refused");
  }
}

const refOf = ({ batch, number }: WaitingMember) => ({ batch, number });

const pause = (ms: number, signal: AbortSignal): Promise<void> => delay(ms, undefined, { signal }).catch(() => {});
