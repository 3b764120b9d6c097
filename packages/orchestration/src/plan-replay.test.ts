import {
  type Digest,
  digestOf,
  type PlanLock,
  ReplayRequest,
  type ReplayRequestInput,
  type RunId,
} from "@loramill/contracts";
import { describe, expect, it } from "vitest";
import { plan } from "./plan.ts";
import { planReplay } from "./plan-replay.ts";
import { type Installation, replayObstacles } from "./replay-obstacles.ts";
import { planContext, plannedStep, runSpec } from "./testing/fixtures.ts";

const run = `run_${"1".repeat(32)}` as RunId;
const { lock } = plan(runSpec({ deadline: "2026-12-01T00:00:00Z" }), planContext());
const outputs = Object.fromEntries(lock.steps.map(({ name }) => [name, digestOf(name)]));

const replay = (
  request: ReplayRequestInput = {},
  over: { lock?: PlanLock; outputs?: Record<string, Digest | null> } = {},
) => planReplay({ run, lock, outputs, ...over }, ReplayRequest.parse(request));

describe("planReplay", () => {
  it("does exactly the locked steps again, without reuse and without a deadline that has passed", () => {
    const { lock: again, steps, kept } = replay();
    expect(again.steps).toEqual(lock.steps);
    expect(steps).toEqual(lock.steps);
    expect(kept).toEqual([]);
    expect(again).toMatchObject({ name: `${lock.name} replay`, policy: { ...lock.policy, reuse: false } });
    expect(again).not.toHaveProperty("deadline");
  });

  it("keeps what the run made of the steps that nobody asked for, and compares those that are done again", () => {
    const { lock: again, kept } = replay({ steps: ["train", "generate"], verify: true, tolerance: { pixels: 3 } });
    expect(kept).toEqual(["source", "prepare", "dataset", "caption"]);
    expect(again.steps.at(-1)).toMatchObject({
      kind: "verify",
      needs: ["train", "generate"],
      params: {
        of: run,
        steps: [
          { name: "train", original: outputs.train, tolerance: { pixels: 3, tensors: 0 } },
          { name: "generate", original: outputs.generate, needs: ["train"] },
        ],
      },
    });
  });

  it("refuses steps that are not there, and those whose inputs nobody has", () => {
    expect(() => replay({ steps: ["trian"] })).toThrow("did you mean train?");
    expect(() => replay({ steps: ["train"] }, { outputs: { dataset: digestOf(1) } })).toThrow("replay caption too");
    const machine = { ...lock, steps: [plannedStep({ name: "machine", kind: "machine", needs: [] })] };
    expect(() => replay({}, { lock: machine })).toThrow("of the fleet");
  });

  it("refuses to verify steps of which the run has made nothing", () => {
    const failed = { ...outputs, train: null, generate: null };
    const steps = ["train", "generate"];
    expect(() => replay({ steps, verify: true }, { outputs: failed })).toThrow("has made nothing of train, generate");
    expect(replay({ steps }, { outputs: failed }).steps.map(({ name }) => name)).toEqual(steps);
    expect(replay({ verify: true }, { outputs: failed }).lock.steps.at(-1)?.kind).toBe("verify");
  });

  it("replays a replay as the run that it replayed", () => {
    const first = replay({ verify: true }).lock;
    expect(replay({}, { lock: first }).lock.steps).toEqual(lock.steps);
  });

  it("expects GPU backends to repeat themselves nearly, unless told otherwise", () => {
    const steps = [plannedStep({ name: "train", kind: "train", needs: [], params: { backend: "agent" } })];
    const ask = (request: ReplayRequestInput) =>
      replay({ verify: true, ...request }, { lock: { ...lock, steps }, outputs }).lock.steps.at(-1)?.params.steps;
    expect(ask({})).toMatchObject([{ original: outputs.train, tolerance: { pixels: 4, tensors: 0.001 } }]);
    expect(ask({ tolerance: { tensors: 0 } })).toMatchObject([{ tolerance: { pixels: 4, tensors: 0 } }]);
  });
});

describe("replayObstacles", () => {
  const there = { available: true, message: "is there" };
  const installation = (over: Partial<Installation> = {}): Installation => ({
    backends: {
      train: new Map([["pocket", { ...there, version: "weights-1" }]]),
      generate: new Map([["pocket", { ...there, version: "weights-1" }]]),
    },
    tools: new Map([["describe/1", there]]),
    sources: planContext().sources.digest,
    ...over,
  });

  it("finds nothing where all is as it was", () => {
    expect(replayObstacles(lock.steps, installation())).toEqual([]);
  });

  it("says what has changed: sources, backends, captioners and processors", () => {
    const backends = {
      train: new Map([["pocket", { ...there, version: `pocket/2:${digestOf("new")}` }]]),
      generate: new Map([["pocket", { available: false, message: "is asleep", version: "" }]]),
    };
    const sources = digestOf("other pictures");
    expect(replayObstacles(lock.steps, installation({ backends, sources, tools: new Map() }))).toEqual([
      expect.stringMatching(/^source read other content/),
      "caption used describe/1, which this installation does not have.",
      `train was done by pocket weights-1; it is pocket/2:${digestOf("new").slice(0, 12)} now.`,
      "generate was done by pocket, which is not there now: is asleep.",
    ]);
    const old = [plannedStep({ jobVersion: 99 }), plannedStep({ name: "gone", job: "knit" })];
    expect(replayObstacles(old, installation())).toEqual([
      expect.stringMatching(/^prepare was done by version 99 of prepare-images; here is version \d+/),
      "gone was done by knit, which is not known here any more.",
    ]);
  });
});
