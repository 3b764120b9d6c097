import { expect, it } from "vitest";
import { GenerationSpec, inputFilesOf } from "./generation-spec.ts";
import { mapInputFiles } from "./map-input-files.ts";

const drawn = { prompt: "p", seed: 0, model: { family: "sdxl" } };
const specs = [
  {
    kind: "image-to-image",
    ...drawn,
    image: "a.png",
    loras: [{ lora: "image" }],
    controls: [{ image: "edges.png" }],
    imagePrompts: [{ image: "style.png" }],
    regions: { list: [{ prompt: "left", mask: "mask.png", imagePrompt: { image: "face.png" } }] },
  },
  { kind: "inpaint", ...drawn, image: "a.png", mask: "m.png" },
  { kind: "image-to-video", ...drawn, first: "one.png", last: "two.png" },
  { kind: "speech-to-video", ...drawn, image: "who.png", audio: "voice.wav" },
  { kind: "motion-transfer", ...drawn, image: "who.png", driving: "dance.mp4" },
  { kind: "restyle-clip", ...drawn, clip: "a.mp4" },
  { kind: "face-swap", target: "t.png", face: "f.png" },
  { kind: "interpolate", clip: "a.mp4" },
];

it("finds the files that a spec says go in, and no other text", () => {
  for (const spec of specs) {
    const found: string[] = [];
    const request = mapInputFiles({ request: spec }, (file) => `${found.push(file)}`).request;
    expect(found.sort(), spec.kind).toEqual(inputFilesOf(GenerationSpec.parse(spec)).sort());
    expect(Object.keys(request)).toEqual(Object.keys(spec));
  }
});

it("finds them in variations, whole uses among them, and leaves what it does not know alone", () => {
  const vary = { image: ["a.png"], controls: [[{ image: "b.png" }]], "sampling.steps": [4], "loras.0.lora": ["image"] };
  expect(mapInputFiles({ vary, prompts: ["image"] }, (file) => `/${file}`)).toEqual({
    vary: { ...vary, image: ["/a.png"], controls: [[{ image: "/b.png" }]] },
    prompts: ["image"],
  });
  expect(mapInputFiles({ request: "odd", vary: null }, () => "x")).toEqual({ request: "odd", vary: null });
});
