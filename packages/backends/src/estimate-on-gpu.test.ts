import type { Recipe } from "@loramill/contracts";
import { estimateOn, findGpu, presets } from "@loramill/recipes";
import { describe, expect, it } from "vitest";
import { estimateOnGpu } from "./estimate-on-gpu.ts";
import { trainingConfig } from "./training-config.ts";

const { epochs: _epochs, ...preset } = presets.sdxl;
const recipe: Recipe = { ...preset, steps: 1_000 };
const dataset = { images: 20 };

/** Options of the environment's variables. */
const optionsOf = (env: Record<string, string>) =>
  trainingConfig.options(trainingConfig.env.parse({ AGENT_TOKEN: "a token of the tests", ...env }));

describe("an estimate for a machine", () => {
  it("agrees with the documented model for the card that is configured, at the machine's price", () => {
    const { comfyui, agent } = optionsOf({
      AGENT_URLS: "http://127.0.0.1:8690",
      AGENT_GPU: "NVIDIA H100 NVL",
      AGENT_USD_PER_HOUR: "3.6",
      COMFYUI_GPU: "rtx 3090",
    });
    if (agent === null) throw new Error("the agent is configured");
    const h100 = findGpu("H100NVL");
    if (h100 === undefined) throw new Error("the card is known");
    const expected = estimateOn(recipe, h100, dataset);
    const said = estimateOnGpu(recipe, agent, dataset);
    expect(said).toMatchObject({ seconds: expected.seconds, vramBytes: expected.vramBytes });
    // 3.6 dollars an hour are 1,000 micro-dollars a second, however many cards the machine has.
    expect(said.costMicroUsd.p90).toBe(Math.ceil(expected.seconds.p90 * 1_000));
    expect(said.costMicroUsd.p90).toBeGreaterThan(said.costMicroUsd.p50);
    expect(comfyui.gpu).toBe("rtx 3090");
    expect(estimateOnGpu(recipe, comfyui, dataset).costMicroUsd).toEqual({ p50: 0, p90: 0 });
  });

  it("takes the usual card where none is named, and refuses one that is unknown", () => {
    expect(optionsOf({}).comfyui.gpu).toBe("RTX4090");
    expect(() => optionsOf({ COMFYUI_GPU: "Voodoo 2" })).toThrow("Voodoo 2 is no GPU type that is known: A4000");
  });
});
