import { RunSpec, type RunSpecInput, UserError } from "@loramill/contracts";
import { Command } from "commander";
import { describe, expect, it } from "vitest";
import { type GenerateOptions, withGenerateOptions } from "./generate-options.ts";
import { generateSpec } from "./generate-spec.ts";

const files: Record<string, string> = { "animals.txt": "cat\n# no dogs\n\nfox\n", "more.txt": "from a file\n" };

/** As a shell would call it. */
function spec(line: string, written: RunSpecInput | null = null): RunSpecInput {
  const command = withGenerateOptions(new Command("generate"))
    .exitOverride()
    .configureOutput({ writeErr: () => {} });
  const words = [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? "");
  command.parse(words, { from: "user" });
  const readText = (path: string) => files[path] ?? "";
  const made = generateSpec({
    prompts: command.args,
    options: command.opts<GenerateOptions>(),
    written,
    folder: "/here",
    readText,
  });
  RunSpec.parse(made);
  return made;
}
const generated = (line: string, written: RunSpecInput | null = null) => spec(line, written).generate ?? {};
const kind = (line: string) => generated(line).request?.kind;

describe("the kind", () => {
  it("follows from what goes in", () => {
    expect(kind('"a cat"')).toBe("text-to-image");
    expect(kind('"a cat" --image a.png')).toBe("image-to-image");
    expect(kind('"a cat" --image a.png --mask m.png')).toBe("inpaint");
    expect(kind("--image a.png --upscale 3")).toBe("upscale");
    expect(kind('"a cat" --frames 16')).toBe("text-to-video");
    expect(kind('"a cat" --first a.png --last b.png')).toBe("image-to-video");
    expect(kind('"hello" --image a.png --audio a.wav')).toBe("speech-to-video");
    expect(kind('"dance" --image a.png --driving a.mp4')).toBe("motion-transfer");
    expect(kind("--image a.png --driving a.mp4")).toBe("face-motion");
    expect(kind('"in ink" --clip a.mp4')).toBe("restyle-clip");
    expect(kind("--clip a.mp4")).toBe("smooth-clip");
    expect(kind("--clip a.mp4 --kind interpolate")).toBe("interpolate");
  });

  it("takes a picture for the first frame of a clip, and enlarges what is drawn", () => {
    const clip = generated("p --kind image-to-video --image a.png --size 832x480 --frames 33 --fps 16").request;
    expect(clip).toMatchObject({ first: "/here/a.png", width: 832, height: 480, frames: 33, fps: 16 });
    expect(generated("p --upscale 1.5").request).toMatchObject({ hires: { scale: 1.5 } });
    expect(generated("--image a.png --upscale").request).toEqual({ kind: "upscale", image: "/here/a.png" });
  });
});

describe("LoRAs", () => {
  it("are the main one and others, each at its strength", () => {
    const { lora, strengths, request } = generated('"p" --lora ink@2:0.5 --lora wash --lora c:d');
    expect({ lora, strengths }).toEqual({ lora: "ink@2", strengths: [0.5] });
    expect(request).toMatchObject({ loras: [{ lora: "wash", strength: 0.8 }, { lora: "c:d" }] });
    expect(generated("p").lora).toBeUndefined();
    const fromFiles = generated("p --lora ../a.safetensors:1 --lora b.pt");
    expect(fromFiles).toMatchObject({ lora: "/a.safetensors", request: { loras: [{ lora: "/here/b.pt" }] } });
  });

  it("make a strip of one seed, and take several strengths in turn", () => {
    expect(generated("p --lora ink --strip --seed 0")).toMatchObject({
      strengths: [0, 0.25, 0.5, 0.75, 1, 1.25, 1.5],
      baseSeed: 0,
      grid: true,
    });
    expect(generated("p --lora ink --strengths 0,1").strengths).toEqual([0, 1]);
    expect(() => spec("p --strip")).toThrow(/^--strip draws one seed at the strengths 0, 0\.25, .* add --lora <name>/);
    expect(() => spec('"p <lora:ink>" --strip')).toThrow(/keeps its own strength/);
    expect(() => spec("p --strengths 0,1")).toThrow(/^several strengths .* at the strengths 0, 1 of the main LoRA/);
    expect(() => spec("p --lora ink:1 --strengths 0,1")).toThrow(UserError);
    expect(() => spec("p --lora ink --strip --images 4")).toThrow(/one seed/);
  });

  it("take one another's place", () => {
    const { request, vary } = generated("p --lora ink --lora wash:0.3 --vary lora=clay,toy");
    expect(request).toMatchObject({ loras: [{ lora: "wash", strength: 0.3 }, { lora: "clay" }] });
    expect(vary).toEqual({ "loras.2.lora": ["clay", "toy"] });
  });
});

describe("batches", () => {
  it("vary fields by their short names, seeds, strengths and files", () => {
    const line = "p --lora ink --vary steps=4,8 --vary sampling.guidance=1.5,3 --vary seed=0,7 --vary strength=0,1";
    expect(generated(`${line} --image a.png --image b.png --vary sampler=euler,heun`)).toMatchObject({
      vary: {
        "sampling.steps": [4, 8],
        "sampling.guidance": [1.5, 3],
        "sampling.sampler": ["euler", "heun"],
        image: ["/here/a.png", "/here/b.png"],
      },
      seeds: [0, 7],
      strengths: [0, 1],
    });
    expect(generated("p --kind image-to-video --image a.png --image b.png").vary).toEqual({
      first: ["/here/a.png", "/here/b.png"],
    });
    expect(() => spec("p --vary seed=one")).toThrow(/takes numbers/);
  });

  it("read wildcards and prompts, also from files", () => {
    const line = '"a __animal__ __place__" --wildcard animal=animals.txt --wildcard "place=at home|away" --combine all';
    expect(generated(`${line} --prompts more.txt`)).toMatchObject({
      prompts: ["a __animal__ __place__", "from a file"],
      wildcards: { animal: ["cat", "fox"], place: ["at home", "away"] },
      combine: "all",
    });
  });
});

describe("the whole", () => {
  it("says of the output, the model and the policies what the options say", () => {
    const line =
      "p --format webp --private --model flux/schnell --checkpoint a.safetensors --control canny=e.png --image-prompt s.png";
    expect(generated(`${line} --on-lora-failure fallback --backend comfyui --negative blurred`)).toMatchObject({
      request: {
        output: { format: "webp", privacy: true },
        model: { family: "flux", variant: "schnell", files: { checkpoint: "a.safetensors" } },
        controls: [{ preprocessor: "canny", image: "/here/e.png" }],
        imagePrompts: [{ image: "/here/s.png" }],
      },
      onLoraFailure: "fallback",
      backend: "comfyui",
      negativePrompt: "blurred",
    });
    expect(spec("p --budget 2 --project art")).toMatchObject({ budgetUsd: 2, project: "art" });
  });

  it("takes guides with the strength that stands behind them, and addresses as they are", () => {
    const { request } = generated(
      "p --control canny=e.png:0.4 --control depth=https://host:8188 --image-prompt s.png:1.2 --image-prompt https://h/a.png:.5",
    );
    expect(request).toMatchObject({
      controls: [
        { preprocessor: "canny", image: "/here/e.png", strength: 0.4 },
        { preprocessor: "depth", image: "https://host:8188" },
      ],
      imagePrompts: [
        { image: "/here/s.png", weight: 1.2 },
        { image: "https://h/a.png", weight: 0.5 },
      ],
    });
    expect(() => spec("p --control canny")).toThrow(/name=value/);
    expect(() => spec("p --control canny=e.png:20")).toThrow(/strength/);
  });

  it("is named after the prompt, without tags, at a word's end", () => {
    expect(spec('"<lora:ink:1> a very long prompt about the seven hills of the old town"').name).toBe(
      "a very long prompt about the seven hills",
    );
    expect(spec("--image a.png --upscale").name).toBe("upscale");
    expect(spec('"a cat" --name mine').name).toBe("mine");
  });

  it("is laid over a file, whose other fields stay", () => {
    const written: RunSpecInput = {
      name: "nightly",
      budgetUsd: 3,
      generate: {
        request: { kind: "image-to-image", image: "/there/a.png", sampling: { steps: 9 }, loras: [{ lora: "wash" }] },
        prompts: ["old"],
        imagesPerPrompt: 4,
      },
    };
    expect(spec("new --guidance 2 --denoise 0.3", written)).toEqual({
      name: "nightly",
      budgetUsd: 3,
      generate: {
        request: {
          kind: "image-to-image",
          image: "/there/a.png",
          sampling: { steps: 9, guidance: 2 },
          loras: [{ lora: "wash" }],
          denoise: 0.3,
        },
        prompts: ["new"],
        imagesPerPrompt: 4,
      },
    });
  });

  it("refuses options that cannot be read", () => {
    for (const line of ["p --size big", "p --seed -1", "p --seed 1.5", "p --vary steps", "p --strengths a"]) {
      expect(() => spec(line), line).toThrow(/expected/);
    }
  });
});
