import type { Catalog } from "@loramill/catalog";
import { type Charge, type JobOutput, type Parked, type RunPolicy, sha256Hex } from "@loramill/contracts";
import { needToGoOn } from "@loramill/orchestration";
import { type FakeJobContext, trialRun } from "@loramill/testkit";
import type { TestFleet } from "./open-fleet.ts";
import { workOn } from "./work-on.ts";

const SLICE_SECONDS = 60;
/** Of its agent. */
const LEASE_SECONDS = 300;
const STEPS_PER_SECOND = 1;

interface TrainingParts {
  readonly project: string;
  readonly budgetMicroUsd: number;
  readonly onBudget: RunPolicy["onBudget"];
  readonly steps: number;
  readonly checkpointEvery: number;
  readonly lookSeconds: number;
  /** From the step of a checkpoint to its commit. */
  readonly commitSeconds: number;
}

/**
 * A training as the trainer and the backend of agents take it, as far as money goes: it asks for the way to its next
 * checkpoint at each look, is charged its part of its machine's bill in slices, and for the rest when it stops. One step is
 * done in each second that it has the machine.
 */
export async function openChargedTraining(catalog: Catalog, fleet: TestFleet, parts: TrainingParts) {
  const { steps, checkpointEvery, lookSeconds, commitSeconds, budgetMicroUsd, onBudget } = parts;
  const project = (await catalog.projects.ensure(parts.project)).id;
  const step = { name: "train", kind: "train", job: "train-lora" } as const;
  const trial = trialRun([step], { budgetMicroUsd, policy: { onBudget } });
  const run = await catalog.runs.create({ project, ...trial });
  const work = await workOn(catalog, run, { name: "train-lora", queue: "train", input: {} });
  const seen = {
    step: 0,
    savedStep: 0,
    stoppedBy: null as string | null,
    isOver: false,
    /** What was on the bill of the machine when it was given it; null while it has none. */
    billedBefore: null as number | null,
  };

  async function turn(ctx: FakeJobContext): Promise<JobOutput | Parked> {
    const pod = await fleet.pod();
    const { bill } = pod;
    const microUsdPerSecond = (pod.offer?.pricePerHourMicroUsd ?? 0) / 3_600;
    if (ctx.turn?.phase !== "running") {
      const { refusedBy } = await ctx.hold(Math.ceil(LEASE_SECONDS * microUsdPerSecond));
      if (refusedBy !== null) return stop(ctx, refusedBy.of.kind);
      fleet.agent.says = { active: 1 };
      seen.billedBefore = bill.amountMicroUsd;
      const before = { podMicroUsd: bill.amountMicroUsd, podSeconds: bill.seconds };
      return ctx.park(0, { phase: "running", pod: pod.name, ...before });
    }
    const before = { microUsd: Number(ctx.turn.podMicroUsd), seconds: Number(ctx.turn.podSeconds) };
    const used = { microUsd: bill.amountMicroUsd - before.microUsd, seconds: bill.seconds - before.seconds };
    const savesBy = (step: number) => Math.max(0, Math.floor(step / checkpointEvery) * checkpointEvery);
    const whole = Math.floor(used.seconds / SLICE_SECONDS);
    const upTo = (slices: number) => Math.floor(slices * SLICE_SECONDS * microUsdPerSecond);
    for (let n = 0; n < whole; n += 1) ctx.charge(charge(pod.name, n, SLICE_SECONDS, upTo(n + 1) - upTo(n)));
    seen.step = Math.min(steps, Math.floor(used.seconds * STEPS_PER_SECOND));
    seen.savedStep = savesBy(Math.floor((used.seconds - commitSeconds) * STEPS_PER_SECOND));
    const rest = () =>
      ctx.charge(charge(pod.name, whole, used.seconds - whole * SLICE_SECONDS, used.microUsd - upTo(whole)));
    const leave = () => {
      rest();
      seen.billedBefore = null;
      fleet.agent.says = { active: 0 };
    };
    if (seen.step >= steps) {
      leave();
      return output();
    }
    const unchargedMicroUsd = used.microUsd - upTo(whole);
    const { step, savedStep } = seen;
    const pace = { step, savedStep, totalSteps: steps, stepsPerSecond: STEPS_PER_SECOND, checkpointEvery };
    const need = needToGoOn(
      { microUsdPerSecond, unchargedMicroUsd },
      { ...pace, lookSeconds, unattendedSeconds: LEASE_SECONDS },
    );
    const allowance = await ctx.hold(need);
    if (allowance.refusedBy === null) return ctx.park(lookSeconds * 1_000, { ...ctx.turn });
    leave();
    const { of, reopensAt } = allowance.refusedBy;
    if (allowance.onBudget === "finish" && reopensAt === null) {
      seen.stoppedBy = of.kind;
      return { ...output(), complete: false };
    }
    return stop(ctx, of.kind);
  }

  function stop(ctx: FakeJobContext, by: string): Parked {
    seen.stoppedBy = by;
    return ctx.giveBack({ phase: "waiting" });
  }

  function output(): JobOutput {
    return { digest: sha256Hex(run), shape: "part", items: 1, summary: {} };
  }

  return {
    run,
    job: work.job,
    seen,
    /** A look; none where it has ended or waits for room. */
    async take(): Promise<void> {
      if (seen.isOver) return;
      const answer = await work.take(turn);
      seen.isOver = !("afterMs" in answer) || answer.isGivenBack;
    },
  };
}

const charge = (pod: string, n: number, quantity: number, amountMicroUsd: number): Charge => ({
  ...{ kind: "training", supplier: "agent:sd-scripts", quantity, unit: "gpu-second", amountMicroUsd, note: "" },
  ...{ mark: `1@${pod}:${n}`, pod },
});
