import type { RunView, StepView } from "@loramill/contracts";
import { expect, it } from "vitest";
import { createLiveView } from "./live-view.ts";

/** What is said of a step in turn where the output is no terminal. */
function said(...steps: Partial<StepView>[]): string[] {
  const lines: string[] = [];
  const output = { isTTY: false, write: (text: string) => lines.push(text.trimEnd()) };
  const view = createLiveView(output as unknown as NodeJS.WriteStream);
  const jobs = { total: 1, succeeded: 0, failed: 0 };
  for (const step of steps) {
    const full = { name: "source", state: "running", jobs, items: null, progress: null, spentMicroUsd: 0, ...step };
    view.show({ steps: [full] } as unknown as RunView);
  }
  view.end();
  return lines;
}

it("counts on where nobody knows of how much, with a line whenever it has doubled", () => {
  const reading = (done: number) => ({ progress: { phase: "reading", done } });
  expect(said({}, ...[100, 120, 130, 255, 300, 511, 600].map(reading)).map((line) => line.split("░ ").at(-1))).toEqual([
    expect.stringMatching(/source/),
    "100 files read",
    "130 files read",
    "300 files read",
    "600 files read",
  ]);
});

it("says each tenth of what is counted, and the end", () => {
  const done = (done: number) => ({ progress: { done, total: 100 } });
  const lines = said(done(5), done(9), done(15), done(19), done(30), { state: "succeeded", items: 100 });
  expect(lines.map((line) => line.replace(/[█░]+/, "").replace(/\s+/g, " "))).toEqual([
    "▶ source 5/100",
    "▶ source 15/100",
    "▶ source 30/100",
    "✔ source succeeded 100 items",
  ]);
});

it("counts the steps of a training, which tells them in other words while it turns and when a turn ends", () => {
  const lines = said({ progress: { step: 20, totalSteps: 200 } }, { progress: { step: 41, total: 200 } });
  expect(lines.map((line) => line.split("░ ").at(-1))).toEqual(["20/200", "41/200"]);
});
