import type { PlanLock } from "@loramill/contracts";
import { expect, test } from "vitest";
import { workKeys } from "./work-keys.ts";

const planned = {
  jobVersion: 1,
  fanOut: { type: "single" as const },
  external: null,
  estimate: { items: 1, seconds: 1, microUsd: 1 },
};
const lockOf = (rank: number, reuse = true): Pick<PlanLock, "steps" | "policy"> => ({
  policy: { onStepFailure: "fail", failedItems: "continue", maxFailedShare: 0.5, reuse, onBudget: "stop" },
  steps: [
    { ...planned, name: "dataset", kind: "dataset", job: "assemble-dataset", needs: [], params: { name: "toys" } },
    { ...planned, name: "train", kind: "train", job: "train-lora", needs: ["dataset"], params: { rank } },
    { ...planned, name: "generate", kind: "generate", job: "generate-images", needs: ["train"], params: {} },
  ],
});

test("steps that are made of the same have the same key, and what follows another step has another", () => {
  const [a, b, same] = [workKeys(lockOf(8)), workKeys(lockOf(16)), workKeys(lockOf(8))];
  expect(a.get("dataset")).toBe(b.get("dataset"));
  expect(a.get("train")).not.toBe(b.get("train"));
  expect(a.get("generate"), "of another LoRA").not.toBe(b.get("generate"));
  expect([...same]).toEqual([...a]);
  expect([...workKeys(lockOf(8, false)).values()]).toEqual([null, null, null]);
});
