import { digestOf, type LoraOperation, RunSpec, UserError } from "@loramill/contracts";
import { describe, expect, it } from "vitest";
import { plan } from "./plan.ts";
import { stepKey } from "./step-key.ts";
import { planContext } from "./testing/fixtures.ts";

const libraryLora = (name: string, family = "sdxl") => ({ name, document: digestOf(name), family });
const context = planContext({
  loras: {
    dog: libraryLora("dog"),
    ink: libraryLora("ink"),
    film: libraryLora("film", "wan22"),
    still: libraryLora("still", "wan21"),
  },
});
const merge = { kind: "merge", method: { kind: "concat" } } as const;

function planned(from: readonly string[], operation: object = merge) {
  const spec = RunSpec.parse({ name: "both", lora: { from: from.map((name) => ({ lora: name })), operation } });
  return plan(spec, context).lock.steps;
}

function codeOf(from: readonly string[], operation?: object): string {
  try {
    planned(from, operation);
  } catch (error) {
    if (error instanceof UserError) return error.code;
    throw error;
  }
  return "planned";
}

describe("the plan of a LoRA made of others", () => {
  it("is one step that knows its LoRAs by their documents", () => {
    const steps = planned(["dog", "ink"]);
    expect(steps).toMatchObject([
      {
        name: "lora",
        job: "edit-lora",
        needs: [],
        params: {
          name: "both",
          from: [
            { document: digestOf("dog"), weight: 1 },
            { document: digestOf("ink"), weight: 1 },
          ],
        },
      },
    ]);
    const [step] = steps;
    if (step === undefined) throw new Error("no step");
    expect(stepKey(step, {})).toBe(stepKey(step, {}));
  });

  it("is what the same run draws with", () => {
    const lora = { from: [{ lora: "cat" }], operation: { kind: "prune" as const } };
    const spec = RunSpec.parse({ name: "x", lora, generate: { prompts: ["p"] } });
    const steps = plan(spec, planContext({ loras: { cat: libraryLora("cat", "pocket") } })).lock.steps;
    expect(steps.map(({ name, needs }) => [name, needs])).toEqual([
      ["lora", []],
      ["generate", ["lora"]],
    ]);
  });

  it("refuses what is unknown, for different families, or too many", () => {
    const resize: LoraOperation = { kind: "resize", rule: { kind: "fixed", rank: 8 } };
    expect(codeOf(["dog", "ghost"])).toBe("unknown-lora");
    expect(codeOf(["still", "film"]), "one network").toBe("planned");
    expect(codeOf(["dog", "film"])).toBe("mixed-families");
    expect(codeOf(["dog", "ink"], resize)).toBe("too-many-loras");
    expect(codeOf(["dog"], resize)).toBe("planned");
    expect(codeOf(["dog"], { kind: "merge", method: { kind: "slerp" } })).toBe("not-two-loras");
  });
});
