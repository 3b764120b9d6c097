import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { runEvents } from "./run-events.ts";
import { finalStates, machines } from "./states.ts";

it("are those of the table in docs/states.md, in its words", () => {
  const page = readFileSync(join(import.meta.dirname, "../../../docs/states.md"), "utf8");
  const rows = [...page.matchAll(/^\| `([a-z]+\.[a-z-]+)` \| (.+) \|$/gm)];
  expect(rows.map(([, type, meaning]) => [type, meaning])).toEqual(Object.entries(runEvents));
});

it("tell of every state that a machine comes to, and of every end of runs and steps", () => {
  const states = Object.keys(machines.pod).filter((state) => state !== "wanted");
  const told = [
    ...states.map((state) => `machine.${state}`),
    ...finalStates.run.map((state) => `run.${state}`),
    ...finalStates.step.map((state) => `step.${state}`),
  ];
  expect(Object.keys(runEvents)).toEqual(expect.arrayContaining(told));
});
