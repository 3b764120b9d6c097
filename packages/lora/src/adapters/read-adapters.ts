import type { SafetensorsFile } from "../safetensors/read-safetensors.ts";
import type { SafetensorsHeader, TensorInfo } from "../safetensors/safetensors-header.ts";
import { isFloatDtype, toFloat32 } from "../safetensors/tensor-values.ts";
import type { Adapter, AdapterOutline, AdapterTensor, TensorOutline } from "./adapter.ts";
import { badAdapter } from "./adapter-values.ts";
import { detectFamily } from "./detect-family.ts";
import type { DetectedFamily } from "./detected-family.ts";
import type { Dialect } from "./dialects.ts";
import { mappedFamilyOf } from "./family-modules.ts";
import { moduleNames } from "./module-names.ts";
import { outlineAdapters } from "./outline-adapters.ts";
import { peftAlphas } from "./peft-config.ts";
import { padToLinear1, xlabsToNative } from "./xlabs.ts";

/** The adapters of a file, with as much of their tensors as was read. */
interface AdapterList<A, T> {
  /** How the file names its tensors; null when it holds no adapter. */
  readonly dialect: Dialect | null;
  readonly family: DetectedFamily | null;
  readonly adapters: readonly A[];
  /** Modules that the family has no place for, or all when it is not known: they keep the names of the file. */
  readonly unresolved: readonly string[];
  /** Tensors that are no parts of adapters, by name. */
  readonly rest: ReadonlyMap<string, T>;
}
export type AdapterOutlines = AdapterList<AdapterOutline<TensorInfo>, TensorInfo>;
export type AdapterSet = AdapterList<Adapter, AdapterTensor>;

/**
 * The adapters of a file as far as its header tells, with canonical module names. Throws UserError `bad-adapter` or
 * `unsupported-adapter`.
 */
export function readAdapterOutlines(header: Pick<SafetensorsHeader, "tensors" | "metadata">): AdapterOutlines {
  return resolveModules(header.tensors, header.metadata);
}

/** The adapters of a file with their values: views of the file's bytes. Throws as `readAdapterOutlines`. */
export function readAdapters(file: Pick<SafetensorsFile, "tensors" | "metadata">): AdapterSet {
  const list = resolveModules<AdapterTensor>(file.tensors, file.metadata);
  const configured = peftAlphas(file.metadata);
  return {
    ...list,
    adapters: list.adapters.map((outline) => {
      const alpha = alphaOf(outline) ?? configured(outline.module, outline.rank);
      return normalised({ ...outline, alpha }, list.dialect);
    }),
  };
}

/** Undoes what a dialect does to the shapes of tensors. */
export function normalised(adapter: Adapter, dialect: Dialect | null): Adapter {
  const { dora_scale: magnitudes, up } = adapter.tensors;
  if (dialect === "xlabs" && /single_blocks\.\d+\.linear1$/.test(adapter.module)) return padToLinear1(adapter);
  if (dialect !== "diffusers" || magnitudes === undefined || up === undefined) return adapter;
  // PEFT keeps one magnitude per output in shapes of its own; everybody else's have the outputs first.
  const shape = [up.shape[0] ?? 0, ...up.shape.slice(1).map(() => 1)];
  return { ...adapter, tensors: { ...adapter.tensors, dora_scale: { ...magnitudes, shape } } };
}

function resolveModules<T extends TensorOutline>(
  tensors: ReadonlyMap<string, T>,
  metadata: ReadonlyMap<string, string>,
): AdapterList<AdapterOutline<T>, T> {
  const { adapters, dialect, rest } = outlineAdapters(tensors);
  const family = detectFamily(metadata, adapters);
  const mapped = family && mappedFamilyOf(family.family);
  const names = mapped && moduleNames(mapped, family.variant);
  const unresolved: string[] = [];
  const stems = new Map<string, string>();
  const resolved = adapters.map((outline) => {
    const stem = outline.module;
    const module = names?.resolve(xlabsToNative(stem) ?? stem) ?? null;
    if (module === null) unresolved.push(stem);
    const other = stems.get(module ?? stem);
    if (other !== undefined) throw badAdapter(module ?? stem, `both ${other} and ${stem} are meant for it`);
    stems.set(module ?? stem, stem);
    return module === null ? outline : { ...outline, module };
  });
  return { dialect, family, adapters: resolved, unresolved, rest };
}

/** The value of its alpha tensor; null when it has none. Throws UserError `bad-adapter` when it is no number. */
export function alphaOf({ module, tensors }: Pick<AdapterOutline<AdapterTensor>, "module" | "tensors">): number | null {
  const { alpha } = tensors;
  if (alpha === undefined) return null;
  if (!isFloatDtype(alpha.dtype)) return integerAlpha(module, alpha);
  const [value] = toFloat32(alpha.dtype, alpha.data);
  if (value === undefined) throw badAdapter(module, "its alpha is empty");
  return value;
}

/** Some writers keep alpha as an integer tensor. */
function integerAlpha(module: string, { dtype, data }: AdapterTensor): number {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  if (dtype === "I64" && data.length >= 8) return Number(view.getBigInt64(0, true));
  if (dtype === "I32" && data.length >= 4) return view.getInt32(0, true);
  throw badAdapter(module, `its alpha is ${dtype}`);
}
