import {
  type Digest,
  isOfFleet,
  microUsdFromUsd,
  nearNames,
  type PlanLock,
  type PlannedStep,
  type ReplayRequest,
  type RunId,
  UserError,
  verifyReplayJob,
} from "@loramill/contracts";
import { replayTolerance } from "./replay-tolerance.ts";
import { asParams } from "./step-plan.ts";

/** The run that is replayed, and what it has made of each step so far. */
export interface ReplayedRun {
  readonly run: RunId;
  readonly lock: PlanLock;
  readonly outputs: Readonly<Record<string, Digest | null>>;
}

export interface Replay {
  /** The locked plan as it is, without reuse; of a verification with a last step that compares. */
  readonly lock: PlanLock;
  /** Steps that are done again. */
  readonly steps: readonly PlannedStep[];
  /** Names of steps that keep what the run made. */
  readonly kept: readonly string[];
}

const VERIFY = "verify";
/** Of a name that the word stands behind. */
const LONGEST_NAME = 90;
/** Decoding two pictures and comparing them; other outputs take less. */
const SECONDS_PER_ITEM = 0.05;

/**
 * The plan that does a locked one again. Throws UserError: `unknown-step`, `not-replayable` for what cannot be done twice,
 * `nothing-to-keep` where a step needs the output of one that is not done again and never was, `nothing-to-compare` for a
 * verification of steps of which the run has made none.
 */
export function planReplay({ run, lock, outputs }: ReplayedRun, request: ReplayRequest): Replay {
  if (lock.steps.some(({ kind }) => isOfFleet(kind))) {
    throw new UserError("this run tends a machine or a volume of the fleet: there is nothing in it to do again", {
      code: "not-replayable",
    });
  }
  // Of a replay the plan of the run that it replays counts: what it compared with is no part of that.
  const all = lock.steps.filter(({ kind }) => kind !== "verify");
  const wanted = new Set(request.steps ?? all.map(({ name }) => name));
  for (const name of wanted) refuseUnknown(name, all);
  const steps = all.filter(({ name }) => wanted.has(name));
  const kept = all.filter(({ name }) => !wanted.has(name) && outputs[name] != null).map(({ name }) => name);
  for (const step of steps) {
    const missing = step.needs.find((need) => !wanted.has(need) && !kept.includes(need));
    if (missing === undefined) continue;
    throw new UserError(
      `${step.name} needs the output of ${missing}, which ${run} has not made: replay ${missing} too`,
      {
        code: "nothing-to-keep",
        details: { field: "steps", step: step.name, need: missing },
      },
    );
  }
  if (request.verify && steps.every(({ name }) => outputs[name] == null)) {
    throw new UserError(
      `${run} has made nothing of ${steps.map(({ name }) => name).join(", ")}: replay it without verify`,
      {
        code: "nothing-to-compare",
      },
    );
  }
  const { deadline: _past, ...rest } = lock;
  const budgetMicroUsd = request.budgetUsd === undefined ? lock.budgetMicroUsd : microUsdFromUsd(request.budgetUsd);
  return {
    lock: {
      ...rest,
      // Another name, so that a run is still found by its own.
      name: `${lock.name.replace(/ replay$/, "").slice(0, LONGEST_NAME)} replay`,
      budgetMicroUsd,
      policy: { ...lock.policy, reuse: false },
      steps: [
        ...all.filter(({ name }) => wanted.has(name) || kept.includes(name)),
        ...(request.verify ? [verifyStep({ run, steps, outputs }, request)] : []),
      ],
      notes: [`replays ${run}: nothing is taken from earlier results, and nothing of it is taken by other runs`],
    },
    steps,
    kept,
  };
}

function verifyStep(
  { run, steps, outputs }: Pick<ReplayedRun, "run" | "outputs"> & Pick<Replay, "steps">,
  { tolerance }: Pick<ReplayRequest, "tolerance">,
): PlannedStep {
  const items = steps.reduce((sum, { estimate }) => sum + (estimate.items ?? 0), 0);
  return {
    name: VERIFY,
    kind: "verify",
    job: verifyReplayJob.name,
    jobVersion: verifyReplayJob.version,
    needs: steps.map(({ name }) => name),
    fanOut: { type: "single" },
    params: asParams({
      of: run,
      steps: steps.map((step) => ({
        name: step.name,
        kind: step.kind,
        needs: step.needs,
        original: outputs[step.name] ?? null,
        tolerance: replayTolerance(step, tolerance),
      })),
    }),
    external: null,
    estimate: { items: steps.length, seconds: items * SECONDS_PER_ITEM, microUsd: 0 },
  };
}

function refuseUnknown(name: string, steps: readonly PlannedStep[]): void {
  const names = steps.map((step) => step.name);
  if (names.includes(name)) return;
  const [near] = nearNames(name, names);
  throw new UserError(
    `this run has no step ${name}: it has ${names.join(", ")}${near === undefined ? "" : `; did you mean ${near}?`}`,
    { code: "unknown-step", details: { field: "steps", step: name } },
  );
}
