import {
  type InputOf,
  type JobContext,
  type JobOutput,
  type Parked,
  type ReplayReport,
  StepComparison,
  type Stores,
} from "@loramill/contracts";
import { z } from "zod";
import { compareLeaves, type LeafComparison } from "./compare-leaves.ts";
import { type Leaf, leavesOf } from "./leaves.ts";

type Step = InputOf<"verify-replay">["params"]["steps"][number];

export interface VerifyDeps {
  readonly stores: Stores;
  /** How long a turn compares before it parks; default 20. */
  readonly turnSeconds?: number;
}

/** Where a verification stands between two turns: the steps that are done, and the one that was begun. */
const Turn = z.object({ done: z.array(StepComparison), open: StepComparison.nullable() });
type Turn = z.output<typeof Turn>;

/**
 * Compares what a replay made, step by step in the order of the plan, with what the replayed run had made. Nothing is
 * overwritten: what differs is told as an event and in the report, which is the output.
 */
export async function verifyReplay(
  { inputs, params }: InputOf<"verify-replay">,
  { stores, turnSeconds = 20 }: VerifyDeps,
  ctx: JobContext,
): Promise<JobOutput | Parked> {
  const turn: Turn = ctx.turn === null ? { done: [], open: null } : Turn.parse(ctx.turn);
  const turnEnd = performance.now() + turnSeconds * 1000;
  for (const step of params.steps.slice(turn.done.length)) {
    const replayed = inputs[step.name];
    const comparison = turn.open ?? begun(step);
    turn.open = comparison;
    const isWhole =
      step.original === null || replayed === undefined
        ? nothingToCompare(comparison)
        : step.original === replayed
          ? await allTheSame(step, comparison, { stores, output: replayed })
          : await compareStep({ step, replayed, comparison }, { stores, ctx, turnEnd });
    if (!isWhole) return ctx.park(0, { ...turn });
    const found = followed(step, comparison, turn.done);
    if (found.verdict === "differs") ctx.event("replay.differs", { of: params.of, ...found, kind: step.kind });
    turn.done.push(found);
    turn.open = null;
    ctx.progress({ step: turn.done.length, total: params.steps.length });
  }
  const report = reportOf(params.of, turn.done);
  const digest = await stores.documents.put("replay-report", report);
  const { verdict, firstDifferent } = report;
  return { digest, shape: "part", items: turn.done.length, summary: { verdict, firstDifferent } };
}

function begun({ name, kind, tolerance }: Step): StepComparison {
  return {
    ...{ step: name, kind, verdict: "identical", tolerance, compared: 0, within: 0, differing: 0 },
    ...{ pixels: null, tensors: null, largestWeight: null, first: null },
  };
}

function nothingToCompare(comparison: StepComparison): true {
  comparison.verdict = "uncompared";
  return true;
}

async function allTheSame(
  { kind }: Step,
  comparison: StepComparison,
  { stores, output }: { readonly stores: Stores; readonly output: string },
): Promise<true> {
  comparison.compared = (await leavesOf(kind, output, stores.documents)).size;
  return true;
}

/** Answers false where the turn is over before the step is. `comparison` is added to in place, and says how far it is. */
async function compareStep(
  { step, replayed, comparison }: { step: Step; replayed: string; comparison: StepComparison },
  { stores, ctx, turnEnd }: { readonly stores: Stores; readonly ctx: JobContext; readonly turnEnd: number },
): Promise<boolean> {
  const before = await leavesOf(step.kind, step.original ?? "", stores.documents);
  const after = await leavesOf(step.kind, replayed, stores.documents);
  const names = [...new Set([...before.keys(), ...after.keys()])];
  const from = comparison.compared;
  for (const name of names.slice(from)) {
    // Whatever a turn may last, each gets on.
    if (performance.now() > turnEnd && comparison.compared > from) return false;
    ctx.signal.throwIfAborted();
    const pair: [Leaf | undefined, Leaf | undefined] = [before.get(name), after.get(name)];
    add(comparison, name, await compareLeaves(...pair, step.tolerance, { stores, signal: ctx.signal }));
  }
  return true;
}

function add(comparison: StepComparison, name: string, leaf: LeafComparison): void {
  comparison.compared += 1;
  comparison.pixels = larger(comparison.pixels, leaf.pixels);
  comparison.tensors = larger(comparison.tensors, leaf.tensors);
  comparison.largestWeight = larger(comparison.largestWeight, leaf.largestWeight);
  if (leaf.verdict === "identical") return;
  comparison[leaf.verdict === "within" ? "within" : "differing"] += 1;
  if (leaf.verdict === "differs") comparison.first ??= { name, message: leaf.message };
  comparison.verdict = comparison.differing > 0 ? "differs" : "within";
}

const larger = (a: number | null, b: number | null): number | null => (b === null ? a : Math.max(a ?? 0, b));

/** What is made of something that differs is no finding of its own. */
function followed({ needs }: Step, comparison: StepComparison, done: readonly StepComparison[]): StepComparison {
  const isOff = (name: string) =>
    done.some(({ step, verdict }) => step === name && (verdict === "differs" || verdict === "follows"));
  return comparison.verdict === "differs" && needs.some(isOff) ? { ...comparison, verdict: "follows" } : comparison;
}

function reportOf(of: ReplayReport["of"], steps: readonly StepComparison[]): ReplayReport {
  const firstDifferent = steps.find(({ verdict }) => verdict === "differs")?.step ?? null;
  const isWithin = steps.some(({ verdict }) => verdict === "within");
  const verdict = firstDifferent !== null ? "differs" : isWithin ? "within" : "identical";
  return { format: "loramill-replay/1", of, verdict, firstDifferent, steps: [...steps] };
}
