import { GenerationSpec, isDrawn } from "@loramill/contracts";
import { describe, expect, it } from "vitest";
import { defaultFallbackTable, enhancementFor, readFallbackTable } from "./fallback-words.ts";
import { leaveOut, leftOutOf } from "./leave-out.ts";

const unknown = { triggerWord: null, tags: [] };

describe("enhancementFor", () => {
  it("takes the trigger word and the most frequent tags, else the words for the name", () => {
    const words = (name: string, known = unknown) => enhancementFor({ name, ...known }, defaultFallbackTable);
    expect(words("x", { triggerWord: "sks", tags: ["fur", "sks", "grass", "sky"] } as never)).toBe("sks, fur, grass");
    expect(words("anime_girl")).toBe("anime style, detailed anime art");
    expect(words("Realistic_face")).toBe("photorealistic, highly detailed");
    expect(words("art_deco")).toBe("artistic style, detailed artwork");
    expect(words("detail_slider")).toBe("extremely detailed, high quality");
    expect(words("zorb")).toBe("enhanced style, high quality");
  });

  it("prefers the longest beginning of a table that somebody wrote", () => {
    const table = { ...defaultFallbackTable, anime_90s: "cel animation" };
    expect(enhancementFor({ name: "anime_90s_mecha", ...unknown }, table)).toBe("cel animation");
  });

  it("names the file that is no table", async () => {
    await expect(readFallbackTable("/nowhere.json")).rejects.toMatchObject({ code: "bad-fallback-table" });
    expect(await readFallbackTable(null)).toBe(defaultFallbackTable);
  });
});

describe("leaveOut", () => {
  const spec = GenerationSpec.parse({
    kind: "text-to-image",
    model: { family: "sdxl" },
    prompt: "two people",
    seed: 0,
    loras: [{ lora: "style" }, { lora: "light" }],
    regions: {
      list: [{ prompt: "a knight", area: { x: 0, y: 0, width: 0.5, height: 1 }, loras: [{ lora: "style" }] }],
    },
  });
  const left = [{ called: "style", lora: "style v1", code: "x", reason: "y", enhancement: "ink" }];

  it("takes a LoRA out of the prompt and of the regions that named it, and says its words there", () => {
    const [item] = leaveOut({ marker: "m", items: [{ index: 0, spec, loras: {}, inputs: {} }] }, left).items;
    if (item === undefined || !isDrawn(item.spec)) throw new Error("no item");
    expect(item.spec).toMatchObject({
      prompt: "two people, ink",
      loras: [{ lora: "light" }],
      regions: { list: [{ prompt: "a knight, ink", loras: [] }] },
    });
    expect(leftOutOf(spec, left)).toEqual(left);
    expect(leftOutOf({ ...spec, loras: [] } as typeof spec, [{ ...left[0], called: "light" } as never])).toEqual([]);
  });
});
