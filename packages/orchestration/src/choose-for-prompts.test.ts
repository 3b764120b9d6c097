import {
  type ChoiceExplanation,
  digestOf,
  documentKinds,
  gridChoice,
  gridItem,
  gridSize,
  type PlannedStep,
  type RunSpecInput,
} from "@loramill/contracts";
import { describe, expect, it, vi } from "vitest";
import { plan } from "./plan.ts";
import type { ChoiceQuestion, PromptChoice } from "./plan-context.ts";
import { stepKey } from "./step-key.ts";
import { generationChoice, planContext, runSpec } from "./testing/fixtures.ts";

type Generate = NonNullable<RunSpecInput["generate"]>;

const ink = { name: "ink", called: "ink@2", document: digestOf("ink"), family: "pocket", strength: 0.7 };
const choiceOf = (over: Partial<PromptChoice> = {}): PromptChoice => ({
  loras: [ink],
  sampling: { steps: 30, guidance: 4, sampler: "euler" },
  size: { width: 96, height: 64 },
  frames: null,
  explanation: { summary: "Selected LoRAs: ink", warnings: ["odd"], passed: [] } as unknown as ChoiceExplanation,
  ...over,
});

function planned(generate: Generate, choose: (question: ChoiceQuestion) => PromptChoice | null, over = {}) {
  const loras = { wash: { name: "wash", document: digestOf("wash"), family: "pocket" } };
  const asked = vi.fn(choose);
  const context = planContext({ loras, choose: asked, ...over });
  const { lock, documents } = plan(runSpec({ train: undefined, generate }), context);
  const step = lock.steps.find(({ name }) => name === "generate");
  const grid = documentKinds.grid.parse(documents.find(({ kind }) => kind === "grid")?.value);
  return { lock, documents, step, about: step?.about, params: step?.params, grid, first: gridItem(grid, 0), asked };
}

describe("plan, where a spec leaves LoRAs or parameters open", () => {
  it("writes what was chosen beside each prompt, with the document that says why", () => {
    const one = choiceOf();
    const { documents, grid, first, params, about, lock } = planned({ mode: "auto", prompts: ["a", "b"] }, () => one);
    expect(first).toMatchObject({
      loras: [{ lora: "ink@2", strength: 0.7 }],
      sampling: { steps: 30, guidance: 4, sampler: "euler" },
      width: 96,
      height: 64,
    });
    expect(params?.loras).toEqual({ "ink@2": ink.document });
    expect(documents.map(({ kind }) => kind)).toEqual(["grid", "choice", "grid-choices"]);
    const choices = documentKinds["grid-choices"].parse(documents[2]?.value);
    expect(gridChoice(grid, choices, gridSize(grid) - 1)).toBe(digestOf(one.explanation));
    expect(about).toEqual({ choices: digestOf(choices) });
    expect(lock.notes).toEqual(
      expect.arrayContaining(["generate: Selected LoRAs: ink (2 of 2 prompts)", "generate: odd"]),
    );
  });

  it("draws nothing again because there is another reason for the same LoRAs and parameters", () => {
    const [before, after] = ["ten ratings say so", "eleven ratings say so"].map((summary) => {
      const one = choiceOf();
      const { step } = planned({ mode: "auto", prompts: ["a"] }, () => ({
        ...one,
        explanation: { ...one.explanation, summary },
      }));
      if (step === undefined) throw new Error("nothing is generated");
      return step;
    });
    expect(after?.about).not.toEqual(before?.about);
    expect(stepKey(after as PlannedStep, {})).toBe(stepKey(before as PlannedStep, {}));
  });

  it("asks for LoRAs only where the spec names, tags, varies or refuses none", () => {
    const open = (generate: Generate) => {
      const { asked } = planned({ mode: "auto", ...generate }, () => null);
      return asked.mock.calls[0]?.[0].open;
    };
    const both = { loras: true, parameters: true };
    const parameters = { loras: false, parameters: true };
    expect(open({ prompts: ["a"] })).toEqual(both);
    expect(open({ prompts: ["a"], mode: undefined })).toEqual({ loras: true, parameters: false });
    expect(open({ prompts: ["a"], lora: "wash" })).toEqual(parameters);
    expect(open({ prompts: ["a"], strengths: [0] })).toEqual(parameters);
    expect(open({ prompts: ["a <lora:wash:1>"], request: { kind: "text-to-image" } })).toEqual(parameters);
    expect(open({ prompts: ["a"], request: { kind: "text-to-image", loras: [{ lora: "wash" }] } })).toEqual(parameters);
    expect(open({ prompts: ["a"], mode: "assisted", strengths: [0] })).toEqual(parameters);
    expect(open({ prompts: ["a"], mode: "manual", strengths: [0] })).toBeUndefined();
  });

  it("asks for nothing where the run makes its LoRA and says nothing of modes or limits", () => {
    const choose = vi.fn(() => choiceOf());
    const context = planContext({ choose });
    expect(plan(runSpec(), context)).toEqual(plan(runSpec(), planContext()));
    expect(choose).not.toHaveBeenCalled();
  });

  it("leaves alone what is given, varied, or not taken by the backend", () => {
    const backend = generationChoice({
      validate: (spec) =>
        "sampling" in spec && spec.sampling.sampler !== undefined
          ? [{ field: "sampling.sampler", severity: "error", message: "unknown" }]
          : [],
    });
    const generate = { mode: "auto" as const, prompts: ["a"], vary: { "sampling.steps": [5, 6] }, width: 64 };
    const { grid, first } = planned(generate, () => choiceOf(), { generationBackends: [backend] });
    expect(first).toMatchObject({ width: 64, sampling: { steps: 5, guidance: 4 } });
    expect(gridItem(grid, gridSize(grid) - 1)).toMatchObject({ sampling: { steps: 6 } });
    expect(JSON.stringify(grid.prompts)).not.toContain("euler");
    const odd = planned({ mode: "auto", prompts: ["a"] }, () => choiceOf({ size: { width: 100, height: 64 } }));
    expect(odd.first).not.toHaveProperty("width");
  });

  it("sets the length of clips where nobody has said one", () => {
    const backend = generationChoice({
      capabilities: { ...generationChoice().capabilities, kinds: ["text-to-video"], families: ["wan22"] },
      validate: (spec) =>
        "frames" in spec && spec.frames === 34 ? [{ field: "frames", severity: "error", message: "4n + 1" }] : [],
    });
    const clip = (request: object, frames: number | null, over: Partial<Generate> = {}) =>
      planned(
        {
          mode: "auto",
          prompts: ["a"],
          strengths: [0],
          request: { kind: "text-to-video", model: { family: "wan22" }, ...request },
          ...over,
        } as Generate,
        ({ isLengthOpen }) => choiceOf({ loras: [], frames: isLengthOpen ? frames : null }),
        { generationBackends: [backend] },
      );
    expect(clip({}, 33).first).toMatchObject({ frames: 33 });
    expect(clip({}, 34).first, "the backend would refuse it").not.toHaveProperty("frames");
    expect(clip({ frames: 49 }, 33).first).toMatchObject({ frames: 49 });
    expect(clip({ still: true }, 33).first).not.toHaveProperty("frames");
    const varied = clip({}, 33, { vary: { frames: [17, 21] } });
    expect(varied.first).toMatchObject({ frames: 17 });
    expect(varied.asked.mock.calls[0]?.[0].isLengthOpen).toBe(false);
  });

  it("draws the base model, and says so, where nothing suits", () => {
    const { first, lock, documents } = planned({ prompts: ["a"] }, () => null);
    expect(first).toMatchObject({ loras: [] });
    expect(documents).toHaveLength(1);
    expect(lock.notes).toContain("generate: nothing is chosen for 1 of 1 prompts; they draw as usual");
  });
});
