import {
  digestOf,
  type JobName,
  jobs,
  PermanentError,
  type PlannedStep,
  ReplayRequest,
  type RunSpecInput,
} from "@loramill/contracts";
import { describe, expect, it } from "vitest";
import { expandStep, MAX_JOB_INPUT_BYTES } from "./expand-step.ts";
import { plan } from "./plan.ts";
import { planReplay } from "./plan-replay.ts";
import { planContext, plannedStep, runSpec } from "./testing/fixtures.ts";

const parts = ["p0", "p1", "p2"].map((name) => digestOf(name));
const source = { digest: digestOf("source"), parts };

describe("expandStep", () => {
  it("gives one job per part of the step it fans out over, in the order of the parts", () => {
    const expanded = expandStep(plannedStep(), { source });
    expect(expanded.map(({ ordinal, name, queue }) => [ordinal, name, queue])).toEqual([
      [0, "prepare-images", "dataset"],
      [1, "prepare-images", "dataset"],
      [2, "prepare-images", "dataset"],
    ]);
    expect(expanded.map(({ input }) => input)).toEqual(parts.map((part) => ({ part, params: { resolution: 64 } })));
  });

  it("gives no job for the parts of an empty list", () => {
    expect(expandStep(plannedStep(), { source: { digest: digestOf("empty"), parts: [] } })).toEqual([]);
  });

  it("covers a range without gap or overlap, the last job taking the rest", () => {
    const step = plannedStep({ job: "generate-images", needs: [], fanOut: { type: "range", items: 20, perJob: 8 } });
    const ranges = expandStep(step, {}).map(({ input }) => [input.from, input.to]);
    expect(ranges).toEqual([
      [0, 8],
      [8, 16],
      [16, 20],
    ]);
  });

  it("shares the expected cost among the jobs, rounding up", () => {
    const step = plannedStep({ estimate: { items: null, seconds: 0, microUsd: 100 } });
    expect(expandStep(step, { source }).map((job) => job.estimateMicroUsd)).toEqual([34, 34, 34]);
  });

  it("makes inputs that the job definitions of full plans accept", () => {
    const stored = (name: string) => ({ sha256: digestOf(name), bytes: 1 });
    const model = (id: string) => ({
      id,
      family: "pocket" as const,
      files: [{ path: "model.safetensors", stored: stored(id) }],
    });
    const dog = { name: "dog", document: digestOf("dog"), family: "pocket" };
    const context = planContext({ loras: { dog }, models: [model("base"), model("tuned")] });
    const from = [{ lora: "dog" }];
    const works: RunSpecInput["lora"][] = [
      { from, operation: { kind: "prune" } },
      { from, operation: { kind: "validate", strength: 1 } },
      { from: [...from, ...from], operation: { kind: "compare" } },
      { from, operation: { kind: "merge-into", model: { model: "base" } } },
      { operation: { kind: "extract", original: { model: "base" }, tuned: { model: "tuned" }, rank: 4 } },
    ];
    const specs = [...works.map((lora) => runSpec({ lora })), runSpec({ generate: { prompts: ["p"], grid: true } })];
    const locks = specs.map((spec) => plan(spec, context).lock);
    const request = ReplayRequest.parse({ verify: true });
    const replays = locks.map((lock) => {
      const made = Object.fromEntries(lock.steps.map(({ name }) => [name, digestOf(name)]));
      return planReplay({ run: `run_${"1".repeat(32)}`, lock, outputs: made }, request).lock;
    });
    const steps = [...locks, ...replays].flatMap((lock) => lock.steps);
    const outputs = Object.fromEntries(steps.map(({ name }) => [name, { digest: digestOf(name), parts }]));
    const names = steps.flatMap((step: PlannedStep) => expandStep(step, outputs).map((job) => check(job)));
    // Machines are wanted by the plan of a fleet, and volumes named by its configuration: no spec asks for them.
    const ofSpecs = Object.keys(jobs).filter((name) => !["tend-machine", "fill-volume"].includes(name));
    expect(new Set(names)).toEqual(new Set(ofSpecs));
  });

  it("refuses a step whose input is missing, whose job is unknown or whose payload is too long", () => {
    const long = plannedStep({ params: { text: "ü".repeat(MAX_JOB_INPUT_BYTES / 2) } });
    expect(() => expandStep(plannedStep(), {})).toThrow(PermanentError);
    expect(() => expandStep(plannedStep({ job: "fold-laundry" }), { source })).toThrow(/fold-laundry/);
    expect(() => expandStep(long, { source })).toThrow(/16384/);
  });
});

function check({ name, input }: { name: JobName; input: unknown }): JobName {
  expect(jobs[name].input.safeParse(input).error, name).toBeUndefined();
  return name;
}
