import { UserError } from "@loramill/contracts";
import { familyOfModules } from "../adapters/family-modules.ts";
import type { Layout } from "../adapters/layouts.ts";
import { type MappedFamily, mappedFamilies } from "../adapters/mapped-families.ts";
import { expectedInputs } from "../adapters/module-inputs.ts";
import { moduleNames } from "../adapters/module-names.ts";
import { sd3Layouts } from "../adapters/modules/sd3-modules.ts";
import type { SafetensorsHeader } from "../safetensors/safetensors-header.ts";
import { checkpointWeights } from "../tools/checkpoint-weights.ts";
import { openClipWeight, withAttentionApart } from "./open-clip.ts";

/** What a checkpoint is, and which of its weights LoRAs can change. */
export interface Checkpoint {
  /** Of the file, with the rows of OpenCLIP's fused attention as tensors of their own. */
  readonly tensors: SafetensorsHeader["tensors"];
  readonly family: MappedFamily;
  readonly variant: string | null;
  /** Whether it has modules as the model's own code has them, or as diffusers cuts them. */
  readonly layout: Layout;
  /** What the checkpoint calls the weight of a module, by the module's canonical name. */
  readonly weights: ReadonlyMap<string, string>;
}

type Header = Pick<SafetensorsHeader, "tensors">;

/** Reads a checkpoint as the family whose weights it has the most of, or as `only`. Throws UserError `unknown-checkpoint`. */
export function readCheckpoint(file: Header, only?: MappedFamily): Checkpoint {
  const header = { tensors: withAttentionApart(file.tensors) };
  const families = only === undefined ? mappedFamilies : [only];
  const readings = families
    .flatMap((family) => variantsOf(family).map((variant) => readAs(header, family, variant)))
    .filter(readsText)
    .sort((a, b) => b.weights.size - a.weights.size);
  // The first of those that explain the most: sorting keeps the order of equals.
  const [best] = readings;
  if (best !== undefined && best.weights.size > 0) return best;
  const wanted = only === undefined ? "of a family whose weights are known" : `of ${only}`;
  throw new UserError(
    `this is not a checkpoint ${wanted}: ${families.join(", ")}, as one safetensors file or as diffusers' file of the unet or transformer`,
    { code: "unknown-checkpoint" },
  );
}

/** How many blocks there are matters to names only where the last block is another than in a longer model. */
const variantsOf = (family: MappedFamily) => (family === "sd3" ? Object.keys(sd3Layouts) : [null]);

function readAs(header: Header, family: MappedFamily, variant: string | null): Checkpoint {
  const weightOf = checkpointWeights(header, { family: familyOfModules(family), variant, from: "keys" });
  const found = [...moduleNames(family, variant).byModule].flatMap(([module, { part }]) => {
    const weight = weightOf(module) ?? openClipWeight(family, module);
    return weight === null || !header.tensors.has(weight) ? [] : [{ module, weight, part }];
  });
  return {
    tensors: header.tensors,
    family,
    variant,
    layout: found.some(({ part }) => part !== "whole") ? "diffusers" : "native",
    weights: new Map(found.map(({ module, weight }) => [module, weight])),
  };
}

const FROM_TEXT = /^unet\..*\.attn2\.to_[kv]$/;

/** The U-Nets of Stable Diffusion 1 and 2 have the same names; the width of the text that they read tells them apart. */
function readsText({ tensors, family, variant, weights }: Checkpoint): boolean {
  return [...weights].every(([module, weight]) => {
    return !FROM_TEXT.test(module) || tensors.get(weight)?.shape[1] === expectedInputs(family, variant, module);
  });
}
