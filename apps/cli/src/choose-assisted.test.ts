import type { Client } from "@loramill/sdk";
import { describe, expect, it } from "vitest";
import { chooseAssisted } from "./choose-assisted.ts";
import type { CommandContext } from "./commands/context.ts";

const generate = { mode: "assisted", prompts: ["a cat"], request: { kind: "text-to-image", sampling: { steps: 20 } } };
const explanation = {
  summary: "Selected LoRAs: none",
  state: "proposed",
  loras: [],
  parameters: {},
  performance: [],
  warnings: [],
  wouldChange: [],
  prompt: {
    ...{ subject: [], style: [], medium: [], lighting: [], composition: [], intent: [], notes: [] },
    complexity: { level: "simple", score: 0.1 },
    source: "rules",
    fallbackReason: null,
  },
};

function assisted(editor: string | null, accept = false) {
  let shown = "";
  const context = {
    config: { editor },
    err: { write: (text: string) => (shown += text) },
    interrupts: { signal: new AbortController().signal },
  } as unknown as CommandContext;
  const client = { intelligence: { recommend: async () => ({ explanation, generate }) } } as unknown as Client;
  const answer = chooseAssisted({ prompt: "a cat" }, { client, accept, context });
  return { answer, shown: () => shown };
}

describe("chooseAssisted", () => {
  it("shows what is recommended and answers what an editor made of it", async () => {
    const { answer, shown } = assisted("sed -i 's/steps: 20/steps: 35/'");
    expect(await answer).toEqual({ ...generate, request: { kind: "text-to-image", sampling: { steps: 35 } } });
    expect(shown()).toContain("Selected LoRAs: none");
  });

  it("takes it as it is where that was asked for, without an editor", async () => {
    expect(await assisted(null, true).answer).toEqual(generate);
    await expect(assisted(null).answer).rejects.toMatchObject({ code: "no-editor" });
  });

  it("starts nothing where the editor failed or left what is no spec", async () => {
    await expect(assisted("false").answer).rejects.toMatchObject({ code: "editor-failed" });
    await expect(assisted("sed -i 's/steps: 20/steps: many/'").answer).rejects.toMatchObject({
      code: "bad-spec",
      message: expect.stringContaining("generate.request.sampling.steps"),
    });
    await expect(assisted("sed -i 's/mode: assisted/{/'").answer).rejects.toMatchObject({ code: "bad-spec" });
  });
});
