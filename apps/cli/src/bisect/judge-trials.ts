import { type BisectionView, UserError } from "@loramill/contracts";
import { scoreScale } from "@loramill/evaluation";
import type { Client } from "@loramill/sdk";
import { openCloseness } from "./measure-closeness.ts";
import type { ScoreOptions } from "./score-options.ts";

/** Judges the open trial of a bisection and answers what it begins; null where there is nothing that could be judged. */
export type TrialJudge = (client: Client, view: BisectionView) => Promise<BisectionView | null>;

/** `say` is told each verdict. A trial whose run has failed is skipped; one that was cancelled, or had no money left, is not judged. */
export function judgeByScore(options: ScoreOptions, say: (verdict: string) => void): TrialJudge {
  let judgeRun: RunJudge | undefined;
  return async (client, view) => {
    const { number: trial, run, runState } = view.open ?? {};
    if (trial == null || run == null) return null;
    if (runState === "failed") {
      say(`trial ${trial}: its run failed, and it is skipped`);
      return client.bisections.judge(view.id, "skip", { trial, reason: "its run failed" });
    }
    if (runState !== "succeeded") return null;
    judgeRun ??= await openRunJudge(client, view, options);
    const { verdict, reason } = await judgeRun(run);
    say(`trial ${trial}: ${verdict}: ${reason}`);
    return client.bisections.judge(view.id, verdict, { trial, reason });
  };
}

type RunJudge = (run: string) => Promise<{ readonly verdict: "good" | "bad"; readonly reason: string }>;

/** Measures both ends first. Throws UserError `not-comparable` where the score does not tell them apart. */
async function openRunJudge(
  client: Client,
  view: Pick<BisectionView, "good" | "bad">,
  { by, threshold }: ScoreOptions,
): Promise<RunJudge> {
  const measure = await openCloseness(client, view);
  const ends = { good: await measure(String(view.good.run)), bad: await measure(String(view.bad.run)) };
  const scale = scoreScale(ends, threshold);
  if (scale === null) throw notApart(by, ends, threshold);
  const beside = `threshold ${short(scale.threshold)}`;
  return async (run) => {
    const score = await measure(run);
    return { verdict: scale.judge(score), reason: `${by} ${short(score)}, ${beside}` };
  };
}

function notApart(by: string, ends: { readonly good: number; readonly bad: number }, threshold?: number): UserError {
  const why = threshold === undefined ? "they are too near: give a --threshold" : `${threshold} is not between them`;
  return new UserError(
    `${by} does not tell the good one (${short(ends.good)}) from the bad one (${short(ends.bad)}): ${why}, or judge by eye`,
    { code: "not-comparable" },
  );
}

const short = (score: number): string => score.toFixed(2);
