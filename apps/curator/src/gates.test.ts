import { GateSettings } from "@loramill/contracts";
import { describe, expect, it } from "vitest";
import { judgeGates } from "./gates.ts";

const settings = GateSettings.parse({});
const facts = { kept: 12, captioned: 12, willCaption: false, willTrain: true };
const verdicts = (over: Partial<typeof facts>, given = settings) =>
  Object.fromEntries(judgeGates({ ...facts, ...over }, given).map(({ gate, verdict }) => [gate, verdict]));

describe("gates", () => {
  it("let a dataset with enough pictures and captions through", () => {
    expect(verdicts({})).toEqual({ "min-images": "pass", "caption-coverage": "pass", "no-captions": "pass" });
  });

  it("name the number when there are few pictures", () => {
    expect(judgeGates({ ...facts, kept: 5, captioned: 5 }, settings)[0]).toEqual({
      gate: "min-images",
      verdict: "warn",
      message: "5 images, fewer than the 10 recommended",
    });
  });

  it("warn of low coverage only when nobody writes the rest", () => {
    expect(verdicts({ captioned: 5 })["caption-coverage"]).toBe("warn");
    expect(verdicts({ captioned: 5, willCaption: true })["caption-coverage"]).toBe("pass");
    expect(verdicts({ captioned: 6 })["caption-coverage"]).toBe("pass");
    expect(judgeGates({ ...facts, captioned: 5 }, settings)[1]?.message).toContain("5 of 12 images (42 %)");
  });

  it("block a training without any caption, and nothing else", () => {
    expect(verdicts({ captioned: 0 })["no-captions"]).toBe("block");
    expect(verdicts({ captioned: 0, willTrain: false })["no-captions"]).toBe("pass");
    expect(verdicts({ captioned: 0, willCaption: true })["no-captions"]).toBe("pass");
    expect(verdicts({ captioned: 1 })["no-captions"]).toBe("pass");
  });

  it("act as configured", () => {
    const strict = GateSettings.parse({
      minImages: 20,
      onFewImages: "block",
      onLowCoverage: "ignore",
      onNoCaptions: "warn",
    });
    expect(verdicts({ captioned: 0 }, strict)).toEqual({
      "min-images": "block",
      "caption-coverage": "pass",
      "no-captions": "warn",
    });
  });
});
