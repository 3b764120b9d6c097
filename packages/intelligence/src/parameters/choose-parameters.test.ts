import { ChoiceConstraints, GivenParameters, UserError } from "@loramill/contracts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { analysePrompt } from "../analysis/prompt-rules.ts";
import type { DrawnParameters } from "../learning/bands.ts";
import { chooseParameters, type ParameterChoice } from "./choose-parameters.ts";
import type { PastGeneration } from "./past-generation.ts";
import { profiles } from "./profiles/index.ts";

interface Asked {
  readonly model?: string;
  readonly prompt?: string;
  readonly given?: GivenParameters;
  readonly limits?: Partial<ChoiceConstraints>;
  readonly mayLower?: boolean;
  readonly past?: readonly PastGeneration[];
  readonly learned?: DrawnParameters;
}

const choose = ({
  model = "sdxl",
  prompt = "a cat",
  given = {},
  limits = {},
  mayLower = true,
  past = [],
  learned = {},
}: Asked) =>
  chooseParameters(
    {
      model,
      analysis: analysePrompt({ prompt, negativePrompt: "" }),
      given,
      constraints: ChoiceConstraints.parse(limits),
      mayLower,
    },
    { past, learned },
  );
const valuesOf = ({ parameters }: ParameterChoice) =>
  Object.fromEntries(Object.entries(parameters).map(([name, { value }]) => [name, value]));

describe("chooseParameters", () => {
  it("takes what is usual for the model, by prompt and priority, with a reason for each", () => {
    const { parameters } = choose({ prompt: "wide shot of a forest" });
    expect(valuesOf({ parameters } as ParameterChoice)).toMatchObject({
      sampler: "dpmpp_2m",
      scheduler: "karras",
      width: 1344,
      height: 768,
      frames: 1,
      precision: "fp16",
      offload: "none",
    });
    expect(parameters.width.reason).toBe('wide, since the prompt says "wide shot"');
    const steps = (priority: "speed" | "balanced" | "quality") =>
      choose({ limits: { priority } }).parameters.steps.value;
    expect(steps("speed")).toBe(25);
    expect(steps("quality")).toBe(35);
    expect(steps("balanced")).toBeGreaterThan(25);
    expect(Object.values(parameters).every(({ reason, source }) => reason !== "" && source === "family")).toBe(true);
  });

  it("keeps what is given and says so", () => {
    const given = { steps: 7, guidance: 12.5, width: 1000, sampler: "heun", offload: "blocks" } as const;
    const { parameters } = choose({ given });
    expect(parameters).toMatchObject({
      steps: { value: 7, source: "given" },
      guidance: { value: 12.5, source: "given" },
      width: { value: 1000, source: "given" },
      sampler: { value: "heun", source: "given" },
      offload: { value: "blocks", source: "given" },
    });
    expect(parameters.height.source).toBe("family");
  });

  it("follows ratings when there are enough, within what the model can do", () => {
    const learned = { steps: { value: 500, observations: 40 }, guidance: { value: 6.5, observations: 3 } };
    const { parameters } = choose({ learned });
    expect(parameters.steps).toMatchObject({ value: 70, source: "learned" });
    expect(parameters.guidance.source).toBe("family");
    const turbo = choose({ model: "sd35-turbo", learned: { guidance: { value: 6, observations: 99 } } });
    expect(turbo.parameters.guidance).toMatchObject({ value: 1, source: "family" });
  });

  it("gives up steps first, and says which limit it kept", () => {
    const free = choose({});
    const { parameters, estimate } = choose({ limits: { maxSeconds: free.estimate.seconds.p90 * 0.8 } });
    expect(estimate.seconds.p90).toBeLessThanOrEqual(free.estimate.seconds.p90 * 0.8);
    expect(parameters.steps.source).toBe("constraint");
    expect(parameters.steps.value).toBeLessThan(free.parameters.steps.value);
    expect(parameters.steps.reason).toMatch(/^instead of \d+: that would take .* at p90, maxSeconds is/);
    expect(parameters.width.source).toBe("family");
  });

  it("lets weights wait, or keeps them in less precision, before it draws smaller pictures", () => {
    const limits = { maxVramBytes: 18e9 } as const;
    expect(valuesOf(choose({ model: "flux-dev", limits }))).toMatchObject({ precision: "fp8", width: 1024 });
    const careful = choose({ model: "flux-dev", limits: { ...limits, priority: "quality" } });
    expect(valuesOf(careful)).toMatchObject({ precision: "bf16", offload: "blocks" });
    expect(careful.parameters.offload).toMatchObject({
      source: "constraint",
      reason: expect.stringMatching(/^instead of none: that would need .* maxVramBytes is 18\.0 GB$/),
    });
  });

  it("shortens clips to lengths that the model can draw", () => {
    const free = choose({ model: "wan22-a14b" }).estimate.seconds.p90;
    const { parameters } = choose({
      model: "wan22-a14b",
      given: { steps: 20, width: 832, height: 480 },
      limits: { maxSeconds: free / 2 },
    });
    expect(parameters.frames.value % 4).toBe(1);
    expect(parameters.frames.value).toBeLessThan(81);
    expect(parameters.frames.source).toBe("constraint");
  });

  it("names the constraint that nothing fits into, and what would", () => {
    const refusal = (asked: Asked) => {
      try {
        choose(asked);
      } catch (error) {
        return error as UserError;
      }
      throw new Error("it was not refused");
    };
    const slow = refusal({ limits: { maxSeconds: 1 } });
    expect(slow).toBeInstanceOf(UserError);
    expect(slow).toMatchObject({ code: "constraint-unsatisfiable", details: { field: "constraints.maxSeconds" } });
    const { least } = slow.details as { least: number };
    expect(choose({ limits: { maxSeconds: least } }).estimate.seconds.p90).toBeLessThanOrEqual(least);

    const large = refusal({ model: "flux-dev", limits: { maxVramBytes: 1e9 } });
    expect(large).toMatchObject({
      details: { field: "constraints.maxVramBytes", wouldFit: { offload: "sequential" } },
    });
    const both = refusal({ limits: { maxSeconds: 8, maxVramBytes: 7.9e9 }, mayLower: true });
    expect(both.message).toMatch(/maxSeconds is 8, .*; with .* GB of memory it would fit/);
    expect(refusal({ mayLower: false, limits: { maxSeconds: 8 } }).code).toBe("constraint-unsatisfiable");
  });

  it("names models that come close to one it does not know", () => {
    expect(() => choose({ model: "sdxxl" })).toThrow(/No settings are known for the model sdxxl; take sdxl/);
    expect(() => choose({ model: "toString" })).toThrow(UserError);
  });

  it("learns from jobs how fast the machine is, and how much memory it takes", () => {
    const settings = {
      steps: 30,
      guidance: 6,
      width: 1024,
      height: 1024,
      frames: 1,
      precision: "fp16",
      offload: "none",
    } as const;
    const past = Array.from({ length: 20 }, (_, at) => ({
      ...settings,
      model: "sdxl",
      seconds: 30 + (at % 3),
      vramBytes: at === 0 ? null : 9e9,
    }));
    const { estimate } = choose({ given: settings, past });
    expect(estimate.jobs).toBe(20);
    expect(estimate.seconds.p50).toBeGreaterThan(28);
    expect(estimate.seconds.p50).toBeLessThan(32);
    expect(estimate.seconds.p90).toBeLessThan(50);
    expect(estimate.vramBytes.p50).toBeGreaterThan(8e9);
    expect(choose({ model: "flux-dev", past }).estimate.jobs).toBe(0);
  });

  it("holds every limit at p90 or refuses, and never touches what is given, whatever is asked", () => {
    const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
    const asked = fc.record({
      model: fc.constantFrom(...Object.keys(profiles)),
      limits: fc.record({
        maxSeconds: optional(fc.double({ min: 0.5, max: 3_000, noNaN: true })),
        maxVramBytes: optional(fc.double({ min: 1e9, max: 60e9, noNaN: true })),
        priority: fc.constantFrom("speed", "balanced", "quality"),
      }),
      given: fc.record({
        steps: optional(fc.integer({ min: 1, max: 200 })),
        width: optional(fc.constantFrom(512, 768, 1024)),
        offload: optional(fc.constantFrom("none", "blocks")),
      }),
      mayLower: fc.boolean(),
    });
    fc.assert(
      fc.property(asked, ({ model, limits, given, mayLower }) => {
        const clean = GivenParameters.parse(JSON.parse(JSON.stringify(given)));
        const constraints = JSON.parse(JSON.stringify(limits)) as Partial<ChoiceConstraints>;
        let choice: ParameterChoice;
        try {
          choice = choose({ model, limits: constraints, given: clean, mayLower });
        } catch (error) {
          expect(error).toMatchObject({ code: "constraint-unsatisfiable" });
          return;
        }
        const { parameters, estimate } = choice;
        expect(estimate.seconds.p90).toBeLessThanOrEqual(limits.maxSeconds ?? Number.POSITIVE_INFINITY);
        expect(estimate.vramBytes.p90).toBeLessThanOrEqual(limits.maxVramBytes ?? Number.POSITIVE_INFINITY);
        for (const [name, value] of Object.entries(clean)) {
          expect(parameters[name as keyof typeof parameters]).toMatchObject({ value, source: "given" });
        }
        if (!mayLower) expect(Object.values(parameters).every(({ source }) => source !== "constraint")).toBe(true);
        expect(choose({ model, limits: constraints, given: clean, mayLower })).toEqual(choice);
      }),
    );
  });
});

describe("profiles", () => {
  it.each(Object.entries(profiles))("of %s are possible settings", (_, profile) => {
    const { sizes, steps, guidance, frames } = profile;
    for (const [width, height] of [sizes.square, sizes.tall, sizes.wide]) {
      expect([width % sizes.step, height % sizes.step]).toEqual([0, 0]);
      expect(width * height).toBeGreaterThanOrEqual(sizes.leastArea);
    }
    expect(steps.least).toBeLessThanOrEqual(steps.low);
    expect(steps.low).toBeLessThanOrEqual(steps.high);
    expect(guidance.low).toBeLessThanOrEqual(guidance.high);
    if (frames !== null && frames.step > 1)
      expect([frames.usual % frames.step, frames.least % frames.step]).toEqual([1, 1]);
    expect(profile.precisions.length).toBeGreaterThan(0);
  });
});
