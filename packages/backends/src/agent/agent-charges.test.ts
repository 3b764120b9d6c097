import type { AgentJob } from "@loramill/contracts";
import { expect, it } from "vitest";
import { chargesOf } from "./agent-charges.ts";

const job = (state: AgentJob["state"], slices: number): AgentJob => ({
  id: "1",
  marker: "m",
  request: "a".repeat(64),
  trainer: "sd-scripts",
  state,
  error: null,
  progress: {
    step: 1,
    totalSteps: 2,
    loss: null,
    averageLoss: null,
    stepsPerSecond: null,
    etaSeconds: null,
    imagesSeen: 1,
    paidSeconds: 1,
  },
  uploads: [],
  wants: { reads: [], writes: [] },
  log: { from: 0, next: 0, text: "" },
  meter: Array.from({ length: slices }, (_, n) => ({ mark: `1:${n}`, seconds: 60 })),
});

it("rounds money over the sum, so that slices cost what the whole does", () => {
  const charges = chargesOf(job("succeeded", 500), 0.777);
  const sum = charges.reduce((total, { amountMicroUsd }) => total + amountMicroUsd, 0);
  expect(sum).toBe(Math.round((500 * 60 * 0.777e6) / 3_600));
  expect(new Set(charges.map(({ mark }) => mark)).size).toBe(500);
});

it("tells the latest slices again while a training runs, the same each time, and all of them at its end", () => {
  const whole = chargesOf(job("succeeded", 50), 1);
  expect(chargesOf(job("running", 50), 1)).toEqual(whole.slice(-20));
  expect(whole.length).toBe(50);
});
