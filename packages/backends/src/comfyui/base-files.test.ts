import type { KnownModel } from "@loramill/contracts";
import type { NodeClass } from "@loramill/graphs";
import { expect, it } from "vitest";
import { findBaseFiles } from "./base-files.ts";

/** A loader whose inputs offer these files. */
function loader(files: Readonly<Record<string, readonly string[]>>): NodeClass {
  const inputs = Object.entries(files).map(
    ([name, options]) => [name, { isRequired: true, spec: { kind: "choice", options, brings: new Map() }, default: undefined }] as const,
  );
  return { inputs: new Map(inputs), outputs: [], isOutput: false };
}

const encoders = ["clip_l.safetensors", "my_clip_l.safetensors", "t5xxl_fp16.safetensors"];
const classes = new Map([
  ["UNETLoader", loader({ unet_name: ["merge-v3.safetensors", "flux1-dev.safetensors"] })],
  ["DualCLIPLoader", loader({ clip_name1: encoders, clip_name2: encoders })],
  ["VAELoader", loader({ vae_name: ["ae.safetensors"] })],
]);
const recipe = { family: "flux", baseModel: "me/merge", baseQuantisation: "none" } as const;
const model = (...paths: string[]): KnownModel => ({
  id: "me/merge",
  family: "flux",
  files: paths.map((path) => ({ path, stored: null })),
});

it("looks for the names that a base model's files have in the registry, and for published ones where it lists none", () => {
  const files = findBaseFiles(recipe, classes, "gpu", [model("unet/merge-v3.safetensors", "my_clip_l.safetensors")]);
  expect(files).toMatchObject({
    transformer: "merge-v3.safetensors",
    clip: "my_clip_l.safetensors",
    t5: "t5xxl_fp16.safetensors",
    vae: "ae.safetensors",
  });
});

it("says which name the server lacks", () => {
  expect(() => findBaseFiles(recipe, classes, "gpu", [model("merge-v4.safetensors")])).toThrow(
    "has none of merge-v4.safetensors in models/diffusion_models",
  );
  expect(() => findBaseFiles(recipe, classes, "gpu", [])).toThrow("has none of merge.safetensors");
});
