import { type LoraFamily, networkOf, UserError } from "@loramill/contracts";
import { type MappedFamily, mappedFamilies } from "./mapped-families.ts";
import { fluxModules } from "./modules/flux-modules.ts";
import type { ModulePlace } from "./modules/module-place.ts";
import { pocketModules } from "./modules/pocket-modules.ts";
import { qwenImageModules } from "./modules/qwen-image-modules.ts";
import { sd3Layouts, sd3Modules } from "./modules/sd3-modules.ts";
import { clipModules, t5Modules } from "./modules/text-encoder-modules.ts";
import { sdUnet, sdxlRefinerUnet, sdxlUnet, unetModules } from "./modules/unet-modules.ts";
import { wanBlocks, wanModules } from "./modules/wan-modules.ts";

/** The modules that LoRAs of a family change, by the name they go by here; null where they are not known. */
export function mappedFamilyOf(family: string): MappedFamily | null {
  const network = networkOf(family);
  return mappedFamilies.find((mapped) => mapped === network) ?? null;
}

/** What is missing where a family is known by name alone, as a sentence. */
export function noModuleTable(family: LoraFamily): string {
  return `there is no table of the modules of ${family}, only of ${mappedFamilies.join(", ")}`;
}

/** The family as one whose modules are known. Throws UserError `no-module-table`. */
export function asMappedFamily(family: LoraFamily): MappedFamily {
  const mapped = mappedFamilyOf(family);
  if (mapped !== null) return mapped;
  throw new UserError(`${family} is known by name alone: ${noModuleTable(family)}`, {
    code: "no-module-table",
    details: { family },
  });
}

/** A family whose LoRAs change these modules: of Wan the first, since modules alone tell no more. */
export const familyOfModules = (mapped: MappedFamily): LoraFamily => (mapped === "wan" ? "wan21" : mapped);

/** One network of a model, and what its modules' names start with in each dialect. */
export interface FamilyComponent {
  /** The name in diffusers, which is also the canonical one. */
  readonly name: string;
  readonly places: readonly ModulePlace[];
  /** Written is the first; the others are read. */
  readonly kohya: readonly string[];
  readonly comfyui: string;
}

export interface FamilyModules {
  /** Whose dotted paths kohya's files flatten: those of the model's own code, or diffusers'. */
  readonly kohyaNames: "native" | "diffusers";
  readonly components: readonly FamilyComponent[];
}

const denoiser = (name: "unet" | "transformer", places: readonly ModulePlace[]): FamilyComponent => ({
  name,
  places,
  // Musubi's files for Wan Fun have two underscores; OneTrainer and SimpleTuner have prefixes of their own.
  kohya: ["lora_unet_", "lora_unet__", "lora_transformer_", "lycoris_"],
  comfyui: "diffusion_model.",
});

const clipL = (kohya: readonly string[]): FamilyComponent => ({
  name: "text_encoder",
  places: clipModules(12),
  kohya,
  comfyui: "text_encoders.clip_l.transformer.",
});

const clipG: FamilyComponent = {
  name: "text_encoder_2",
  places: clipModules(32),
  kohya: ["lora_te2_"],
  comfyui: "text_encoders.clip_g.transformer.",
};

const t5 = (name: string): FamilyComponent => ({
  name,
  places: t5Modules(),
  kohya: ["lora_te3_"],
  comfyui: "text_encoders.t5xxl.transformer.",
});

function build(family: MappedFamily, variant: string | null): FamilyModules {
  switch (family) {
    case "sd15":
      return {
        kohyaNames: "diffusers",
        components: [denoiser("unet", unetModules(sdUnet)), clipL(["lora_te_", "lora_te1_"])],
      };
    case "sd2": {
      const openClip = { name: "text_encoder", places: clipModules(23), kohya: ["lora_te_"] };
      return {
        kohyaNames: "diffusers",
        components: [
          denoiser("unet", unetModules(sdUnet)),
          { ...openClip, comfyui: "text_encoders.clip_h.transformer." },
        ],
      };
    }
    case "sdxl":
      // The refiner has only the larger of the two text encoders.
      return {
        kohyaNames: "native",
        components:
          variant === "refiner"
            ? [denoiser("unet", unetModules(sdxlRefinerUnet)), clipG]
            : [denoiser("unet", unetModules(sdxlUnet)), clipL(["lora_te1_"]), clipG],
      };
    case "sd3": {
      const layout = Object.entries(sd3Layouts).find(([name]) => name === variant)?.[1] ?? sd3Layouts.medium;
      return {
        kohyaNames: "native",
        components: [denoiser("transformer", sd3Modules(layout)), clipL(["lora_te1_"]), clipG, t5("text_encoder_3")],
      };
    }
    case "flux":
      return {
        kohyaNames: "native",
        components: [denoiser("transformer", fluxModules()), clipL(["lora_te1_"]), t5("text_encoder_2")],
      };
    case "wan": {
      const blocks = Object.entries(wanBlocks).find(([name]) => name === variant)?.[1] ?? wanBlocks["14b"];
      return { kohyaNames: "native", components: [denoiser("transformer", wanModules(blocks))] };
    }
    case "qwen-image":
      return { kohyaNames: "native", components: [denoiser("transformer", qwenImageModules())] };
    case "pocket":
      return { kohyaNames: "native", components: [denoiser("transformer", pocketModules())] };
  }
}

/** The part of a variant that decides the modules (`14b` of `14b-i2v`); null for the family's usual size. */
function sizeOf(family: MappedFamily, variant: string | null): string | null {
  const sizes = { sdxl: ["refiner"], sd3: Object.keys(sd3Layouts), wan: Object.keys(wanBlocks) };
  const known: readonly string[] = family === "sdxl" || family === "sd3" || family === "wan" ? sizes[family] : [];
  return known.find((size) => variant === size || variant?.startsWith(`${size}-`)) ?? null;
}

const built = new Map<string, FamilyModules>();

/** The modules of a family; a variant (`3.5-large`, `1.3b`) decides how many blocks there are. */
export function familyModules(family: MappedFamily, variant: string | null): FamilyModules {
  const size = sizeOf(family, variant);
  const key = `${family} ${size}`;
  const modules = built.get(key) ?? build(family, size);
  built.set(key, modules);
  return modules;
}
