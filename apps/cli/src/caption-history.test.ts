import type { CaptionVersion } from "@loramill/contracts";
import { expect, it } from "vitest";
import { formatHistory, formatPrompts } from "./caption-history.ts";

const prompt = { digest: "ab12cd34".padEnd(64, "0"), text: "Describe the toy." };
const none = { model: null, prompt: null, voices: [], run: null, step: null, document: null, dataset: null };
const versions: CaptionVersion[] = [
  {
    ...none,
    text: "zorb, a ball",
    raw: "zorb, a ball",
    provider: "edited",
    microUsd: 0,
    dataset: "f".repeat(64),
    author: "night shift",
    at: "2026-01-02T03:05:00.000Z",
  },
  {
    ...none,
    text: "a red ball",
    raw: "a red ball",
    provider: "openai:llava",
    model: "llava",
    prompt,
    microUsd: 1_500,
    voices: [
      { provider: "openai:llava", model: "llava", raw: "a red ball", prompt, microUsd: 1_500, failure: null },
      {
        provider: "ollama:bakllava",
        model: "bakllava",
        raw: "",
        prompt: null,
        microUsd: 0,
        failure: { code: "endpoint-timeout", message: "no answer" },
      },
    ],
    run: "run_1",
    step: "caption",
    author: null,
    at: "2026-01-02T03:04:05.000Z",
  },
];

it("says of every version who wrote it, where, for how much and to which question, and what each voice said", () => {
  const lines = formatHistory(versions).split("\n");
  expect(lines[2]).toMatch(/^2026-01-02 03:05:00 +edited \(night shift\) +version f{12} .*zorb, a ball$/);
  expect(lines[3]).toMatch(/03:04:05 +openai:llava +run_1 caption +\$0\.0015 +ab12cd34 +a red ball$/);
  expect(lines[4]).toMatch(/^ +openai:llava .*ab12cd34 +a red ball$/);
  expect(lines[5]).toMatch(/^ +ollama:bakllava .*\(endpoint-timeout: no answer\)$/);
});

it("writes every question once", () => {
  expect(formatPrompts(versions)).toBe("prompt ab12cd34\nDescribe the toy.");
});
