import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeImage } from "../../encode.ts";
import { insertPngText } from "../../png-text.ts";
import { prepareImage } from "../../prepare-image.ts";
import { sharp } from "../../sharp.ts";
import { readComfyui } from "./comfyui.ts";

const readComfyPrompt = (prompt: string | undefined, workflow?: string) => readComfyui(prompt, workflow)?.prompt ?? "";

const settings = { resolution: 64, crop: "centre", format: "png", bucketStep: 64, upscale: true } as const;
const grey = { width: 64, height: 64, rgb: new Uint8Array(64 * 64 * 3).fill(90) };

type Nodes = Record<string, readonly [type: string, inputs: Record<string, unknown>]>;
const graph = (nodes: Nodes): string =>
  JSON.stringify(
    Object.fromEntries(Object.entries(nodes).map(([id, [class_type, inputs]]) => [id, { class_type, inputs }])),
  );

const simple: Nodes = {
  "1": ["CheckpointLoaderSimple", { ckpt_name: "x.safetensors" }],
  "2": ["CLIPTextEncode", { clip: ["1", 1], text: "a red fox in snow, embedding:detail.pt" }],
  "3": ["CLIPTextEncode", { clip: ["1", 1], text: "blurry" }],
  "4": ["KSampler", { model: ["1", 0], positive: ["2", 0], negative: ["3", 0], seed: 1, sampler_name: "euler" }],
  "5": ["VAEDecode", { samples: ["4", 0], vae: ["1", 2] }],
  "6": ["SaveImage", { images: ["5", 0], filename_prefix: "out" }],
};

describe("the prompt of a picture by ComfyUI", () => {
  it("is what conditions its sampler, never the negative side", () => {
    expect(readComfyPrompt(graph(simple))).toBe("a red fox in snow, embedding:detail.pt");
    expect(readComfyui(graph(simple))?.negativePrompt).toBe("blurry");
  });

  it("is found through guiders, ControlNets and guidance, and through texts of other nodes", () => {
    const nodes: Nodes = {
      a: ["StringConcatenate", { string_a: "a boat", string_b: ["b", 0], delimiter: " " }],
      b: ["PrimitiveString", { value: "at dawn" }],
      c: ["CLIPTextEncode", { text: ["a", 0], clip: ["z", 0] }],
      n: ["CLIPTextEncode", { text: "ugly", clip: ["z", 0] }],
      d: ["ControlNetApplyAdvanced", { positive: ["c", 0], negative: ["n", 0], image: ["z", 0] }],
      e: ["FluxGuidance", { conditioning: ["d", 0], guidance: 3.5 }],
      f: ["BasicGuider", { model: ["z", 0], conditioning: ["e", 0] }],
      g: ["SamplerCustomAdvanced", { guider: ["f", 0], noise: ["z", 0], sampler: ["z", 0], latent_image: ["z", 0] }],
      h: ["VAEDecode", { samples: ["g", 0] }],
      i: ["SaveImage", { images: ["h", 0] }],
    };
    expect(readComfyPrompt(graph(nodes))).toBe("a boat, at dawn");
  });

  it("is of all regions, each text once, and of SDXL's two encoders", () => {
    const nodes: Nodes = {
      "1": ["CLIPTextEncodeSDXL", { text_g: "a knight", text_l: "a knight", width: 1024 }],
      "2": ["CLIPTextEncode", { text: "a wizard" }],
      "3": ["ConditioningSetArea", { conditioning: ["2", 0], width: 64 }],
      "4": ["ConditioningCombine", { conditioning_1: ["1", 0], conditioning_2: ["3", 0] }],
      "5": ["KSamplerAdvanced", { positive: ["4", 0], negative: ["6", 0] }],
      "6": ["ConditioningZeroOut", { conditioning: ["1", 0] }],
    };
    expect(readComfyPrompt(graph(nodes))).toBe("a knight, a wizard");
  });

  it("is that of the sampler next to the saved picture", () => {
    const nodes: Nodes = {
      ...simple,
      "7": ["CLIPTextEncode", { text: "a fox, closer" }],
      "8": ["KSampler", { positive: ["7", 0], negative: ["3", 0], latent_image: ["4", 0] }],
      "5": ["VAEDecode", { samples: ["8", 0] }],
    };
    expect(readComfyPrompt(graph(nodes))).toBe("a fox, closer");
  });

  it("is read from JSON with NaN, and from the editor's drawing where the graph is missing", () => {
    const withNan = graph(simple).replace('"seed":1', '"seed":1,"is_changed":[NaN]');
    expect(readComfyPrompt(withNan)).toContain("a red fox in snow");
    const workflow = {
      nodes: [
        { id: 1, type: "CLIPTextEncode", inputs: [{ name: "clip", link: null }], widgets_values: ["a lighthouse"] },
        { id: 2, type: "CLIPTextEncode", inputs: [], widgets_values: ["fog"] },
        {
          id: 3,
          type: "KSampler",
          inputs: [
            { name: "positive", link: 7 },
            { name: "negative", link: 8 },
          ],
          widgets_values: [1],
        },
        { id: 4, type: "SaveImage", inputs: [{ name: "images", link: 9 }] },
      ],
      links: [
        [7, 1, 0, 3, 0, "CONDITIONING"],
        [8, 2, 0, 3, 1, "CONDITIONING"],
        [9, 3, 0, 4, 0, "IMAGE"],
      ],
    };
    expect(readComfyPrompt(undefined, JSON.stringify(workflow))).toBe("a lighthouse");
  });

  it("ends on graphs in a circle, too long ones, and whatever else somebody wrote", () => {
    const circle: Nodes = {
      "1": ["ConditioningCombine", { conditioning_1: ["2", 0], conditioning_2: ["1", 0] }],
      "2": ["ConditioningCombine", { conditioning_1: ["1", 0], conditioning_2: ["3", 0] }],
      "4": ["KSampler", { positive: ["1", 0] }],
    };
    expect(readComfyPrompt(graph(circle))).toBe("");
    const chain = Object.fromEntries(
      Array.from({ length: 50_000 }, (_, at) => [
        `${at}`,
        ["Conditioning", { conditioning: [`${at + 1}`, 0] }] as const,
      ]),
    );
    expect(readComfyPrompt(graph({ ...chain, s: ["KSampler", { positive: ["0", 0] }] }))).toBe("");
    fc.assert(
      fc.property(fc.json(), fc.string(), (json, text) => {
        for (const one of [json, text, `{"1":${json}}`, `{"nodes":${json},"links":${json}}`]) {
          expect(typeof readComfyPrompt(one, one)).toBe("string");
        }
      }),
    );
  });

  it("describes the picture, whether PNG text or the tags of a WebP carry it", async () => {
    const text = graph(simple).replace("a red fox in snow", "ein roter Fuchs im Schnee, 雪");
    const png = insertPngText(await encodeImage(grey, "png"), [{ keyword: "prompt", text }]);
    expect((await prepareImage(png, settings)).content.description).toBe("ein roter Fuchs im Schnee, 雪");
    const webp = await sharp(grey.rgb, { raw: { width: 64, height: 64, channels: 3 } })
      .withExif({ IFD0: { Model: `prompt:${graph(simple)}`, Make: 'workflow:{"nodes":[]}' } })
      .webp()
      .toBuffer();
    const { content } = await prepareImage(webp, settings);
    expect(content.description).toBe("a red fox in snow");
    expect(content).not.toHaveProperty("camera");
  });

  it("of other tools describes the picture as well, without the tags of LoRAs", async () => {
    const texts = [
      [
        { keyword: "parameters", text: "a café <lora:ink:0.5>, night\nSteps: 4, Seed: 1, CFG scale: 2" },
        "a café, night",
      ],
      [{ keyword: "parameters", text: '{"sui_image_params":{"prompt":"a fox"}}' }, "a fox"],
      [{ keyword: "invokeai_metadata", text: '{"positive_prompt":"a boat","negative_prompt":"fog"}' }, "a boat"],
    ] as const;
    for (const [text, description] of texts) {
      const png = insertPngText(await encodeImage(grey, "png"), [text]);
      expect((await prepareImage(png, settings)).content.description).toBe(description);
    }
  });
});
