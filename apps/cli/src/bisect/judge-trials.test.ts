import type { BisectionView, RunState } from "@loramill/contracts";
import type { Client } from "@loramill/sdk";
import { expect, test } from "vitest";
import { serveDrawn } from "../../test/support/drawn-runs.ts";
import { judgeByScore } from "./judge-trials.ts";
import type { ScoreOptions } from "./score-options.ts";

const drawn = { good: [190, 180], bad: [60, 50], near: [195, 205], far: [70, 80] };

/** Trials that begin one after the other, each with a run that has ended so. */
function search(trials: readonly (readonly [run: string, state: RunState])[]) {
  const told: unknown[] = [];
  const end = (run: string) => ({ id: `lor_${run}`, name: "dog", version: 3, run });
  const viewOf = (number: number) => {
    const [run, runState] = trials[number - 1] ?? [null, null];
    const open = run === null ? null : { number, run, runState };
    return { id: "bis_1", good: end("good"), bad: end("bad"), open } as unknown as BisectionView;
  };
  const judge = async (_id: string, verdict: string, { trial = 0, reason = "" }) => {
    told.push([trial, verdict, reason]);
    return viewOf(trial + 1);
  };
  const client = { ...serveDrawn(drawn), bisections: { judge } } as unknown as Client;
  return { told, client, first: viewOf(1) };
}

async function run(trials: Parameters<typeof search>[0], options: ScoreOptions = { by: "closeness" }) {
  const { told, client, first } = search(trials);
  const said: string[] = [];
  const judge = judgeByScore(options, (verdict) => said.push(verdict));
  for (let view: BisectionView | null = first; view !== null; ) view = await judge(client, view);
  return { told, said };
}

test("each trial is good or bad as it scores between both ends, until none is left", async () => {
  const { told, said } = await run([
    ["near", "succeeded"],
    ["far", "succeeded"],
  ]);
  const reason = expect.stringMatching(/^closeness \d+\.\d\d, threshold \d+\.\d\d$/);
  expect(told).toEqual([
    [1, "good", reason],
    [2, "bad", reason],
  ]);
  expect(said[1]).toMatch(/^trial 2: bad: closeness/);
  const strict = await run([["near", "succeeded"]], { by: "closeness", threshold: 1.0001 });
  expect(strict.told).toEqual([[1, "good", expect.stringContaining("threshold 1.00")]]);
});

test("a trial whose run failed is skipped, and one that somebody ended is left to people", async () => {
  const { told } = await run([
    ["far", "failed"],
    ["near", "succeeded"],
    ["far", "cancelled"],
  ]);
  expect(told).toEqual([
    [1, "skip", "its run failed"],
    [2, "good", expect.any(String)],
  ]);
});

test("no verdict is given where the score does not tell the ends apart", async () => {
  const refused = run([["near", "succeeded"]], { by: "closeness", threshold: 1000 });
  await expect(refused).rejects.toMatchObject({
    code: "not-comparable",
    message: expect.stringMatching(/the good one \(1\.00\) from the bad one \(\d+\.\d\d\): 1000 is not between them/),
  });
});
