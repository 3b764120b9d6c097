import type { KnownModel, Recipe } from "@loramill/contracts";
import type { ModelRole } from "@loramill/trainers";
import type { MissingModelFile } from "./find-model-files.ts";

interface Published {
  readonly model: string;
  readonly path: string;
}

/** Where the files that a family's models share are published. */
const SHARED: Readonly<Partial<Record<Recipe["family"], Readonly<Partial<Record<ModelRole, Published>>>>>> = {
  flux: {
    ae: { model: "black-forest-labs/FLUX.1-dev", path: "ae.safetensors" },
    clip_l: { model: "comfyanonymous/flux_text_encoders", path: "clip_l.safetensors" },
    t5xxl: { model: "comfyanonymous/flux_text_encoders", path: "t5xxl_fp16.safetensors" },
  },
  sd3: {
    clip_l: { model: "stabilityai/stable-diffusion-3.5-large", path: "text_encoders/clip_l.safetensors" },
    clip_g: { model: "stabilityai/stable-diffusion-3.5-large", path: "text_encoders/clip_g.safetensors" },
    t5xxl: { model: "stabilityai/stable-diffusion-3.5-large", path: "text_encoders/t5xxl_fp16.safetensors" },
  },
};
const NETWORKS: Readonly<Record<string, string>> = {
  "black-forest-labs/FLUX.1-dev": "flux1-dev.safetensors",
  "black-forest-labs/FLUX.1-schnell": "flux1-schnell.safetensors",
  "stabilityai/stable-diffusion-3.5-large": "sd3.5_large.safetensors",
  "stabilityai/stable-diffusion-3.5-medium": "sd3.5_medium.safetensors",
};

/** The commands that bring missing files into the store, one for each model. */
export function commandsFor(
  { family, baseModel }: Pick<Recipe, "family" | "baseModel">,
  missing: readonly MissingModelFile[],
  models: readonly KnownModel[],
): string[] {
  const commands = new Set<string>();
  const added = new Map<string, string[]>();
  for (const { role, model } of missing) {
    if (model !== null) {
      commands.add(`loramill models pull ${model}`);
      continue;
    }
    const published = role === "base" ? undefined : SHARED[family]?.[role];
    const { model: id, path } = published ?? { model: baseModel, path: NETWORKS[baseModel] ?? "PATH_OF_ITS_WEIGHTS" };
    // Adding replaces the entry, so that what it lists already is said again.
    const before = models.find((known) => known.id === id)?.files.map((file) => file.path) ?? [];
    added.set(id, [...(added.get(id) ?? before), path]);
  }
  for (const [id, paths] of added) {
    commands.delete(`loramill models pull ${id}`);
    const files = paths.map((path) => `--file ${path}`).join(" ");
    commands.add(`loramill models add ${id} --family ${family} ${files} --pull`);
  }
  return [...commands];
}
