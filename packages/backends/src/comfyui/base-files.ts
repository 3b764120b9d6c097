import { type KnownModel, type Recipe, UserError } from "@loramill/contracts";
import { listed, type NodeClasses } from "@loramill/graphs";
import type { ModelRole } from "@loramill/trainers";
import { fileName, roleOf } from "../base-models/find-model-files.ts";
import type { BaseFiles } from "./training-graph.ts";

/** Names under which the weights of a base model are published, the best for training first. */
const PUBLISHED: Readonly<Record<string, readonly string[]>> = {
  "stabilityai/stable-diffusion-xl-base-1.0": ["sd_xl_base_1.0.safetensors", "sd_xl_base_1.0_0.9vae.safetensors"],
  "stable-diffusion-v1-5/stable-diffusion-v1-5": [
    "v1-5-pruned.safetensors",
    "v1-5-pruned-emaonly.safetensors",
    "v1-5-pruned-emaonly-fp16.safetensors",
  ],
  "stabilityai/stable-diffusion-3.5-large": ["sd3.5_large.safetensors"],
  "stabilityai/stable-diffusion-3.5-medium": ["sd3.5_medium.safetensors"],
  "black-forest-labs/FLUX.1-dev": ["flux1-dev.safetensors", "flux1-dev-fp8.safetensors"],
};
const CLIP_L = ["clip_l.safetensors"];
const CLIP_G = ["clip_g.safetensors"];
const T5 = ["t5xxl_fp16.safetensors", "t5xxl_fp8_e4m3fn_scaled.safetensors", "t5xxl_fp8_e4m3fn.safetensors"];
const FLUX_VAE = ["ae.safetensors", "flux_ae.safetensors"];
const WEIGHTS = /\.(?:safetensors|sft|ckpt|pt|pth|bin)$/i;

const LOADERS: Readonly<Partial<Record<Recipe["family"], readonly string[]>>> = {
  flux: ["UNETLoader", "DualCLIPLoader", "VAELoader"],
  sd3: ["CheckpointLoaderSimple", "TripleCLIPLoader"],
};

/** Classes whose lists name the files of a family's base model. */
export const loadersOf = (family: Recipe["family"]): readonly string[] => LOADERS[family] ?? ["CheckpointLoaderSimple"];

/**
 * Finds the files of the recipe's base model in the server's lists: by the names that they have in the model of that id,
 * where one is written down, else by those under which it is published, or by the file name that the recipe gives. UserError `base-model-missing` says which folder lacks what.
 */
export function findBaseFiles(
  recipe: Pick<Recipe, "family" | "baseModel" | "baseQuantisation">,
  classes: NodeClasses,
  server: string,
  models: readonly KnownModel[] = [],
): BaseFiles {
  const known = (role: ModelRole): string[] =>
    models
      .filter(({ id }) => id === recipe.baseModel)
      .flatMap(({ files }) => files.map(({ path }) => path))
      .filter((path) => roleOf(path) === role)
      .map(fileName);
  const find = (type: string, input: string, folder: string, names: readonly string[]): string => {
    const spec = classes.get(type)?.inputs.get(input)?.spec;
    const options = spec?.kind === "choice" ? spec.options.map(String) : [];
    for (const name of names) {
      const found = options.find((option) => option === name || baseName(option) === baseName(name));
      if (found !== undefined) return found;
    }
    const have = options.length === 0 ? "which is empty" : `which has ${listed(options)}`;
    throw new UserError(
      `ComfyUI at ${server} has none of ${names.join(", ")} in models/${folder}, ${have}: put it there, or name one of its files as baseModel`,
      { code: "base-model-missing", details: { field: "train.recipe.baseModel", baseModel: recipe.baseModel, folder } },
    );
  };
  const own = known("base");
  const names = own.length > 0 ? own : fileNames(recipe.baseModel);
  if (recipe.family !== "flux") {
    const checkpoint = find("CheckpointLoaderSimple", "ckpt_name", "checkpoints", names);
    if (recipe.family !== "sd3") return { kind: "checkpoint", checkpoint };
    const encoder = (input: string, role: ModelRole, published: readonly string[]) =>
      find("TripleCLIPLoader", input, "text_encoders", [...known(role), ...published]);
    return {
      kind: "sd3",
      checkpoint,
      clipG: encoder("clip_name1", "clip_g", CLIP_G),
      clipL: encoder("clip_name2", "clip_l", CLIP_L),
      t5: encoder("clip_name3", "t5xxl", T5),
    };
  }
  return {
    kind: "flux",
    transformer: find("UNETLoader", "unet_name", "diffusion_models", names),
    weightType: recipe.baseQuantisation === "fp8" ? "fp8_e4m3fn" : "default",
    clip: find("DualCLIPLoader", "clip_name1", "text_encoders", [...known("clip_l"), ...CLIP_L]),
    t5: find("DualCLIPLoader", "clip_name2", "text_encoders", [...known("t5xxl"), ...T5]),
    vae: find("VAELoader", "vae_name", "vae", [...known("ae"), ...FLUX_VAE]),
  };
}

function fileNames(baseModel: string): readonly string[] {
  if (WEIGHTS.test(baseModel)) return [baseModel];
  return PUBLISHED[baseModel] ?? [`${baseName(baseModel)}.safetensors`];
}

/** Without folders, which a server on Windows writes with backslashes. */
const baseName = (path: string): string => path.split(/[/\\]/).at(-1)?.toLowerCase() ?? path;
