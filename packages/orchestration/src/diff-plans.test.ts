import { digestOf } from "@loramill/contracts";
import { describe, expect, it } from "vitest";
import { diffPlans } from "./diff-plans.ts";
import { plan } from "./plan.ts";
import { planContext, runSpec } from "./testing/fixtures.ts";

const lockOf = (...[over, context]: [Parameters<typeof runSpec>[0]?, Parameters<typeof planContext>[0]?]) =>
  plan(runSpec(over), planContext(context)).lock;

describe("diffPlans", () => {
  it("finds nothing between equal plans", () => {
    expect(diffPlans(lockOf(), lockOf())).toEqual({ run: [], steps: [] });
  });

  it("names the setting that changed and the steps that follow from it", () => {
    const answer = diffPlans(lockOf(), lockOf({ train: { recipe: { rank: 32 } } }));
    expect(answer.steps).toEqual([
      { step: "train", change: "changed", differences: [{ path: "recipe.rank", from: 8, to: 32 }] },
      { step: "generate", change: "affected", differences: [] },
    ]);
  });

  it("sees other pictures as a change of the source, and another folder with the same pictures as none", () => {
    const moved = lockOf({ dataset: { sources: [{ type: "folder", path: "/elsewhere" }] } });
    expect(diffPlans(lockOf(), moved).steps).toEqual([]);
    const other = lockOf({}, { sources: { digest: digestOf("others"), items: 30, bytes: null } });
    const steps = diffPlans(lockOf(), other).steps;
    expect(steps.map(({ step, change }) => [step, change])).toEqual([
      ["source", "changed"],
      ["prepare", "affected"],
      ["dataset", "affected"],
      ["caption", "affected"],
      ["train", "affected"],
      ["generate", "affected"],
    ]);
    expect(steps[0]?.differences[0]?.path).toBe("content");
  });

  it("tells steps that came and went, and what concerns the run alone", () => {
    const without = lockOf({ generate: undefined, priority: 2 });
    expect(diffPlans(lockOf(), without)).toEqual({
      run: [{ path: "priority", from: 5, to: 2 }],
      steps: [{ step: "generate", change: "removed", differences: [] }],
    });
    expect(diffPlans(without, lockOf()).steps).toEqual([{ step: "generate", change: "added", differences: [] }]);
  });
});
