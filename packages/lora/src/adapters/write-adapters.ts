import { UserError } from "@loramill/contracts";
import { fromFloat32, isFloatDtype, toFloat32 } from "../safetensors/tensor-values.ts";
import type { TensorToWrite } from "../safetensors/write-safetensors.ts";
import type { Adapter, AdapterPart, AdapterTensor } from "./adapter.ts";
import { badAdapter, checkFactors } from "./adapter-values.ts";
import { attempt, cannotConvert, type Refusal, type Refuse } from "./cannot-convert.ts";
import type { Dialect } from "./dialects.ts";
import { mappedFamilyOf, noModuleTable } from "./family-modules.ts";
import { foldAlpha } from "./fold-alpha.ts";
import { toLayout } from "./layouts.ts";
import { type ModuleNames, moduleNames } from "./module-names.ts";
import type { AdapterSet } from "./read-adapters.ts";
import { spellModule } from "./spell-module.ts";
import { cutToQkv } from "./xlabs.ts";

export interface WrittenAdapters {
  readonly tensors: readonly TensorToWrite[];
  /** What was left out; empty unless the caller allowed it. */
  readonly refused: readonly Refusal[];
}

/**
 * The adapters as tensors of a file in a dialect. The change of every module stays the same, up to the rounding of a
 * scale that is no power of two where the dialect has no alpha. Throws UserError `cannot-convert` with everything the
 * dialect cannot express, unless `leaveOut` allows to go on without it.
 */
export function writeAdapters(
  set: Pick<AdapterSet, "adapters" | "dialect" | "family"> & Partial<Pick<AdapterSet, "rest">>,
  dialect: Dialect,
  options: { readonly leaveOut?: boolean } = {},
): WrittenAdapters {
  const { family } = set;
  const mapped = family && mappedFamilyOf(family.family);
  const names = mapped && moduleNames(mapped, family.variant);
  const refused: Refusal[] = [];
  const refuse: Refuse = (refusal) => void refused.push(refusal);
  set.adapters.forEach(checkFactors);
  const laidOut = names === null ? set.adapters : toLayout(set.adapters, names, layoutOf(dialect, names), refuse);
  const stems = new Set<string>();
  const tensors = laidOut.flatMap((adapter) => {
    const written = attempt(refuse, () => {
      const stem = stemOf(adapter.module, set, dialect, names);
      if (stems.has(stem)) throw badAdapter(adapter.module, `two adapters lead to ${stem}`);
      stems.add(stem);
      return Object.entries(spellParts(adapter, dialect)).map(([suffix, { dtype, shape, data }]) => {
        return { name: `${stem}${suffix}`, dtype, shape, data };
      });
    });
    return written ?? [];
  });
  for (const name of set.rest?.keys() ?? []) refuse({ module: name, why: "it is no part of an adapter" });
  if (refused.length > 0 && options.leaveOut !== true) throw refusedError(dialect, refused);
  return { tensors, refused };
}

/** Kohya flattens diffusers' names for SD1 and SD2, which have no modules that differ between the layouts. */
function layoutOf(dialect: Dialect, names: ModuleNames): "native" | "diffusers" {
  return dialect === "diffusers" || (dialect === "kohya" && names.modules.kohyaNames === "diffusers")
    ? "diffusers"
    : "native";
}

function stemOf(
  module: string,
  { dialect: from, family }: Pick<AdapterSet, "dialect" | "family">,
  dialect: Dialect,
  names: ModuleNames | null,
): string {
  const named = names?.byModule.get(module);
  if (named !== undefined && names !== null && family !== null)
    return spellModule(named, names, family.family, dialect);
  // A name that means nothing to us can still be written as it was read.
  if (from === dialect) return module;
  if (family === null) throw cannotConvert(module, "the modules of its family are not known");
  throw cannotConvert(module, names === null ? noModuleTable(family.family) : `${family.family} has no such module`);
}

/**
 * What a dialect calls the parts of adapters that are already in its layout: for files that are written while their values
 * are computed. Throws UserError `cannot-convert` for modules and parts that the dialect has no name for.
 */
export function tensorNames(
  set: Pick<AdapterSet, "dialect" | "family">,
  dialect: Dialect,
): (module: string, part: AdapterPart) => string {
  const { family } = set;
  const mapped = family && mappedFamilyOf(family.family);
  const names = mapped && moduleNames(mapped, family.variant);
  const suffixes = suffixesOf[dialect];
  return (module, part) => {
    const suffix = suffixes[part] ?? (hasOwnParts(dialect) ? `.${part}` : undefined);
    if (suffix === undefined) throw cannotConvert(module, `${dialect} has no place for its ${part}`);
    return `${stemOf(module, set, dialect, names)}${suffix}`;
  };
}

/** Whether a dialect keeps alpha, and all other parts, under their own names. */
export function hasOwnParts(dialect: Dialect): boolean {
  return dialect === "kohya" || dialect === "comfyui";
}

type Spelled = Record<string, AdapterTensor>;

function spellParts(adapter: Adapter, dialect: Dialect): Spelled {
  switch (dialect) {
    case "kohya":
    case "comfyui":
      return spellKohya(adapter);
    case "diffusers":
      return spellBySuffix(foldAlpha(adapter), peftSuffixes, "PEFT");
    case "bfl":
      return spellBySuffix(foldAlpha(adapter), bflSuffixes, "BFL's format");
    case "xlabs":
      return spellXlabs(adapter);
  }
}

const kohyaSuffixes: Partial<Record<AdapterPart, string>> = {
  down: ".lora_down.weight",
  up: ".lora_up.weight",
  mid: ".lora_mid.weight",
};
const bflSuffixes: Partial<Record<AdapterPart, string>> = {
  down: ".lora_A.weight",
  up: ".lora_B.weight",
  up_bias: ".lora_B.bias",
};
const peftSuffixes: Partial<Record<AdapterPart, string>> = { ...bflSuffixes, dora_scale: ".lora_magnitude_vector" };
const xlabsSuffixes: Partial<Record<AdapterPart, string>> = { down: ".down.weight", up: ".up.weight" };

const suffixesOf: Readonly<Record<Dialect, Partial<Record<AdapterPart, string>>>> = {
  kohya: kohyaSuffixes,
  comfyui: kohyaSuffixes,
  diffusers: peftSuffixes,
  bfl: bflSuffixes,
  xlabs: xlabsSuffixes,
};

function spellKohya(adapter: Adapter): Spelled {
  const spelled: Spelled = {};
  for (const [part, tensor] of Object.entries(adapter.tensors) as [AdapterPart, AdapterTensor][]) {
    if (part === "up_bias") throw cannotConvert(adapter.module, "kohya's format has no bias of the up matrix");
    if (part !== "alpha") spelled[kohyaSuffixes[part] ?? `.${part}`] = tensor;
  }
  const alpha = alphaTensor(adapter);
  return alpha === null ? spelled : { ...spelled, ".alpha": alpha };
}

/** Loaders of this dialect take a missing alpha for the rank; written out, it can be read by people, too. */
function alphaTensor({ kind, alpha, rank, tensors }: Adapter): AdapterTensor | null {
  const value = alpha ?? rank;
  const old = tensors.alpha;
  if (old !== undefined && (!isFloatDtype(old.dtype) || toFloat32(old.dtype, old.data)[0] === alpha)) return old;
  if (kind === "full" || rank === 0) return null;
  const like = (tensors.down ?? tensors.hada_w1_b ?? tensors.lokr_w1)?.dtype ?? "F32";
  const values = Float32Array.of(value);
  const keepsValue = isFloatDtype(like) && toFloat32(like, fromFloat32(like, values))[0] === values[0];
  const dtype = keepsValue ? like : "F32";
  return { dtype, shape: [], data: fromFloat32(dtype, values) };
}

function spellBySuffix(adapter: Adapter, suffixes: Partial<Record<AdapterPart, string>>, target: string): Spelled {
  const spelled: Spelled = {};
  for (const [part, tensor] of Object.entries(adapter.tensors) as [AdapterPart, AdapterTensor][]) {
    const suffix = suffixes[part];
    if (suffix === undefined) throw cannotConvert(adapter.module, `${target} has no place for its ${part}`);
    spelled[suffix] = part === "dora_scale" ? asMagnitudeVector(adapter, tensor) : tensor;
  }
  return spelled;
}

/** PEFT keeps one magnitude per output: a vector, or [1, out, 1, 1] for convolutions. */
function asMagnitudeVector({ module, tensors }: Adapter, scale: AdapterTensor): AdapterTensor {
  const out = tensors.up?.shape[0] ?? 0;
  if (scale.shape[0] !== out) throw cannotConvert(module, "its magnitudes are per input, PEFT's are per output");
  return { ...scale, shape: (tensors.down?.shape.length ?? 2) > 2 ? [1, out, 1, 1] : [out] };
}

function spellXlabs(adapter: Adapter): Spelled {
  const isSingleQkv = adapter.module.endsWith(".linear1");
  const cut = isSingleQkv ? cutToQkv(adapter) : adapter;
  if (cut === null)
    throw cannotConvert(adapter.module, "it changes the MLP of a single block, which xlabs' format leaves out");
  return spellBySuffix(foldAlpha(cut), xlabsSuffixes, "xlabs' format");
}

function refusedError(dialect: Dialect, refused: readonly Refusal[]): UserError {
  const shown = refused.slice(0, 3).map(({ module, why }) => `${module}: ${why}`);
  const more = refused.length > shown.length ? ` (and ${refused.length - shown.length} more)` : "";
  return new UserError(`this LoRA cannot be written as ${dialect}: ${shown.join("; ")}${more}`, {
    code: "cannot-convert",
    details: { dialect, refused: refused.slice(0, 100).map(({ module, why }) => ({ module, why })) },
  });
}
