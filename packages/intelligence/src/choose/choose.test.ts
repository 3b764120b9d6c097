import { ChoiceEdit, ChoiceExplanation, ChoiceRequest, type ChoiceRequestInput } from "@loramill/contracts";
import { describe, expect, it } from "vitest";
import { ratingEvent } from "../../test/rating-events.ts";
import { loraOf, someLoras } from "../../test/some-loras.ts";
import { explainChoice } from "../explain/explain-choice.ts";
import { renderExplanation } from "../explain/render-explanation.ts";
import { drawParameters } from "../learning/bands.ts";
import { learn } from "../learning/learn.ts";
import { learnedTaste } from "../learning/learned-taste.ts";
import { noTaste } from "../taste.ts";
import { type ChoiceFacts, choose } from "./choose.ts";
import { decide } from "./decide.ts";

const facts: ChoiceFacts = { loras: someLoras, taste: noTaste, past: [] };
const requestOf = (over: Partial<ChoiceRequestInput> = {}) =>
  ChoiceRequest.parse({ prompt: "anime girl with ohwx cat in a misty forest, full body", model: "sdxl", ...over });
const names = (loras: readonly { readonly name: string }[]) => loras.map(({ name }) => name);

describe("choose", () => {
  it("decides in auto, proposes the same in assisted", () => {
    const auto = choose(requestOf(), facts);
    expect(auto).toMatchObject({ mode: "auto", state: "decided" });
    expect(names(auto.loras)).toEqual(["my-cat", "ghost-house", "deep-forest"]);
    const assisted = choose(requestOf(), facts, "assisted");
    expect(assisted).toEqual({ ...auto, mode: "assisted", state: "proposed" });
  });

  it("chooses and lowers nothing in manual, but checks the limits", () => {
    const request = requestOf({ loras: [{ lora: "film-grain" }], parameters: { steps: 50 } });
    const manual = choose(request, facts, "manual");
    expect(names(manual.loras)).toEqual(["film-grain"]);
    expect(manual).toMatchObject({ state: "decided", passed: [], alternatives: [] });
    expect(manual.parameters.steps).toMatchObject({ value: 50, source: "given" });
    const tight = { ...request, constraints: { priority: "balanced", maxSeconds: 2 } } as const;
    expect(() => choose(tight, facts, "manual")).toThrow(/maxSeconds is 2, but/);
  });

  it("warns of contradictions and of what is given against the model's nature", () => {
    const { warnings } = choose(
      requestOf({
        prompt: "photo, anime",
        model: "flux-dev",
        negativePrompt: "blurry",
        parameters: { width: 1001, steps: 3, guidance: 30, frames: 5 },
      }),
      facts,
    );
    expect(warnings).toEqual([
      expect.stringContaining("one picture cannot be both"),
      "1001 pixels is no multiple of 16: Flux.1 dev will cut or refuse it",
      "3 steps are far from the 20 to 28 that are usual for Flux.1 dev",
      "guidance 30 is far from the 3 to 4 that are usual for Flux.1 dev",
      "Flux.1 dev draws pictures, not 5 frames",
      "Flux.1 dev ignores the negative prompt at these settings",
    ]);
  });

  it("follows what was learned from ratings", () => {
    const liked = loraOf("liked", { tags: ["anime", "manga"] });
    const disliked = loraOf("disliked", { tags: ["anime", "manga"] });
    const events = Array.from({ length: 40 }, (_, at) =>
      at % 2 === 0
        ? ratingEvent(at, { rater: `rater-${at % 6}`, stars: 5, choice: { loras: ["liked"], steps: 34 } })
        : ratingEvent(at, { rater: `rater-${at % 5}`, stars: 1, choice: { loras: ["disliked"], steps: 12 } }),
    );
    const learned = learn(events, { now: 40 * 3_600_000 });
    const learnedFacts = {
      loras: [liked, disliked],
      taste: learnedTaste(learned),
      past: [],
      learned: drawParameters(learned, { family: "sdxl", subject: "person" }, () => 0.5),
    };
    const request = requestOf({ prompt: "anime girl" });
    expect(names(choose(request, { ...learnedFacts, taste: noTaste }).loras)).toEqual(["disliked"]);
    const choice = choose(request, learnedFacts);
    expect(names(choice.loras)).toEqual(["liked"]);
    expect(choice.parameters.steps).toMatchObject({ value: 34, source: "learned" });
  });

  it("takes an analysis that was made elsewhere", () => {
    const analysis = { ...choose(requestOf(), facts).analysis, source: "llm:small" };
    expect(choose(requestOf(), { ...facts, analysis }).analysis.source).toBe("llm:small");
  });
});

describe("decide", () => {
  const proposal = choose(requestOf(), facts, "assisted");

  it("leaves a proposal as it is where nothing is edited", () => {
    const decided = decide(proposal, ChoiceEdit.parse({}), facts);
    expect(decided).toMatchObject({ mode: "assisted", state: "decided", loras: proposal.loras });
    expect(decided.parameters).toEqual(proposal.parameters);
    expect(decided.warnings).toEqual(proposal.warnings);
  });

  it("marks what was changed or added as given, drops what was dropped, and chooses nothing new", () => {
    const edit = ChoiceEdit.parse({
      drop: ["lora_deep-forest"],
      loras: [{ lora: "my-cat", strength: 1.1 }, { lora: "film-grain" }],
      parameters: { steps: 20 },
    });
    const decided = decide(proposal, edit, facts);
    expect(decided.loras.map(({ name, given }) => [name, given])).toEqual([
      ["my-cat", true],
      ["film-grain", true],
      ["ghost-house", false],
    ]);
    expect(decided.loras[0]?.strength.value).toBe(1.1);
    expect(decided.loras[2]).toEqual(proposal.loras.find(({ name }) => name === "ghost-house"));
    expect(decided.parameters.steps).toMatchObject({ value: 20, source: "given" });
    expect(decided.parameters.guidance).toEqual(proposal.parameters.guidance);
    expect(decided.request.preferences).toEqual(proposal.request.preferences);
  });
});

describe("explainChoice", () => {
  it("says the choice in one line", () => {
    const request = requestOf({
      prompt: "an old wizard reading in a library beside a sleeping cat, candlelight, oil painting",
      loras: [{ lora: "x", strength: 0.8 }],
      parameters: { steps: 35, guidance: 7.5 },
    });
    expect(explainChoice(choose(request, { ...facts, loras: [] })).summary).toBe(
      "Selected LoRAs: x (α=0.80) | Parameters: 35 steps, CFG 7.5, 1024×1024 | Prompt complexity: moderate",
    );
    const clip = choose(requestOf({ prompt: "a cat", model: "wan22-ti2v-5b" }), facts, "manual");
    expect(explainChoice(clip).summary).toBe(
      "Selected LoRAs: none | Parameters: 23 steps, CFG 5, 960×960, 121 frames | Prompt complexity: simple",
    );
    expect(explainChoice(choose(requestOf({ model: "flux-dev" }), facts)).summary).toContain("steps, guidance 3.");
  });

  it("is a document that reads back, and names what would change the choice", () => {
    const request = requestOf({ preferences: { maxLoras: 2 }, constraints: { maxSeconds: 9, maxVramBytes: 12e9 } });
    const explanation = explainChoice(choose(request, facts));
    expect(ChoiceExplanation.parse(JSON.parse(JSON.stringify(explanation)))).toEqual(explanation);
    expect(explanation.wouldChange).toContain(
      "deep-forest is not applied: 2 LoRAs at once are the most that is allowed; a higher maxLoras would let it in",
    );
    expect(explanation.wouldChange.some((text) => text.startsWith("without the word"))).toBe(true);
    expect(explanation.performance[0]).toMatch(
      /^about .* nine of ten within .* no job of this model has ended here yet/,
    );
  });

  it("tells of other priorities what they would give", () => {
    const { wouldChange } = explainChoice(choose(requestOf(), facts));
    expect(wouldChange).toContainEqual(
      expect.stringMatching(/^with priority quality: steps 35 instead of \d+ \(about .* s\)$/),
    );
  });

  it("is shown as text with every section that has something to say", () => {
    const text = renderExplanation(explainChoice(choose(requestOf(), facts, "assisted")));
    expect(text).toMatch(/^Selected LoRAs: my-cat \(α=0\.\d\d\), /);
    expect(text).toContain("This is a proposal: edit it, then use it.");
    for (const title of ["Prompt", "LoRAs", "Parameters", "Performance", "What would change the choice"]) {
      expect(text).toContain(`\n\n${title}\n  `);
    }
    expect(text).toContain('    +3.50 the prompt has its trigger word "ohwx cat"');
    expect(text).toContain('  subject: animal ("cat"), landscape ("forest"), person ("girl")');
    expect(text).not.toContain("Warnings");
    const fallen = choose(requestOf(), facts).analysis;
    const told = explainChoice(
      choose(requestOf(), { ...facts, analysis: { ...fallen, fallbackReason: "it was slow" } }),
    );
    expect(renderExplanation(told)).toContain("read by rules, since it was slow");
  });
});
