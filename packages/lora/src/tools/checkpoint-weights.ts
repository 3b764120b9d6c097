import type { DetectedFamily } from "../adapters/detected-family.ts";
import { mappedFamilyOf } from "../adapters/family-modules.ts";
import { isOneToOne, moduleNames, type NamedModule } from "../adapters/module-names.ts";
import type { SafetensorsHeader } from "../safetensors/safetensors-header.ts";

/** What files call the denoiser: one that holds a whole model, a part of one, or nothing else. */
const DENOISER_PREFIXES = ["model.diffusion_model.", "diffusion_model.", ""];
/** The first text encoder in whole SD1 and SDXL files; ComfyUI's prefixes are tried besides. */
const ENCODER_PREFIXES = ["cond_stage_model.transformer.", "conditioner.embedders.0.transformer."];

/**
 * What a checkpoint calls the weight of a module: its own code's names with the prefixes that files are written with, or
 * diffusers'. Null for modules it has no weight of their own for: those that diffusers splits and the checkpoint does not,
 * and the second text encoder of SDXL in whole files, whose attention is one matrix.
 */
export function checkpointWeights(
  header: Pick<SafetensorsHeader, "tensors">,
  family: DetectedFamily | null,
): (module: string) => string | null {
  const mapped = family && mappedFamilyOf(family.family);
  const names = mapped && moduleNames(mapped, family.variant);
  return (module) => {
    const named = names?.byModule.get(module);
    if (names === null || named === undefined) return null;
    const isDenoiser = named.component === names.modules.components[0];
    return candidates(named, isDenoiser).find((name) => header.tensors.has(name)) ?? null;
  };
}

function candidates({ component, place, part }: NamedModule, isDenoiser: boolean): string[] {
  const own = component.name === "text_encoder" ? [...ENCODER_PREFIXES, component.comfyui] : [component.comfyui];
  const prefixes = isDenoiser ? DENOISER_PREFIXES : own;
  const native = part === "whole" ? prefixes.map((prefix) => `${prefix}${place.native}.weight`) : [];
  const path = part === "whole" ? (isOneToOne(place) ? place.parts[0] : place.fusedPart) : place.parts[part];
  return path === undefined || (!isDenoiser && component.name !== "text_encoder")
    ? native
    : [...native, `${path}.weight`];
}
