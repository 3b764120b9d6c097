import type { JobView, RunView } from "@loramill/contracts";
import { expect } from "vitest";
import type { MillProcess } from "./mill.ts";
import { eventually, stepOf } from "./runs.ts";

type Step = RunView["steps"][number];

export interface Kill {
  readonly step: string;
  /** When the process was gone; on this machine's clock, as everything in the catalog is. */
  readonly at: Date;
  /** The step as it was last seen. */
  readonly seen: Step;
}

/** Kills the mill as soon as a step is seen in its midst. Fails when the step has ended before: then nothing was tried. */
export async function killInside(
  mill: MillProcess,
  run: string,
  step: string,
  isMidway: (view: Step) => boolean,
): Promise<Kill> {
  const view = await eventually(
    `step ${step} is in its midst`,
    () => mill.client.getRun(run),
    (now) => {
      const { state } = stepOf(now, step);
      return isMidway(stepOf(now, step)) || state === "succeeded" || state === "failed";
    },
    300_000,
  );
  expect(stepOf(view, step).state, `${step} when it was to be killed`).toBe("running");
  await mill.crash();
  return { step, at: new Date(), seen: stepOf(view, step) };
}

/** Some jobs of the step are done and others are not. */
export const someJobsDone = ({ state, jobs }: Step): boolean =>
  state === "running" && jobs.succeeded > 0 && jobs.succeeded < jobs.total;

/** The kill fell between the step's start and its end, and not on the last stroke of either. */
export function expectInside(kill: Kill, run: RunView): void {
  const { startedAt, endedAt } = stepOf(run, kill.step);
  expect(Date.parse(startedAt ?? ""), `${kill.step} had begun`).toBeLessThan(kill.at.getTime());
  expect(Date.parse(endedAt ?? ""), `${kill.step} had not ended`).toBeGreaterThan(kill.at.getTime());
}

/**
 * Jobs that were done when the mill was killed were not begun again, and the others were begun again only because their
 * worker was lost. Answers how many were done before.
 */
export function expectNoJobTwice(kill: Kill, jobs: readonly JobView[]): number {
  const before = jobs.filter(({ endedAt }) => Date.parse(endedAt ?? "") <= kill.at.getTime());
  for (const { id, epoch, attemptsSpent } of before) expect({ id, epoch, attemptsSpent }).toMatchObject({ epoch: 1 });
  for (const { id, epoch, workersLost } of jobs) expect({ id, epoch }).toEqual({ id, epoch: 1 + workersLost });
  expect(before.length).toBeGreaterThanOrEqual(1);
  expect(before.length).toBeLessThan(jobs.length);
  return before.length;
}
