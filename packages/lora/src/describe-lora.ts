import type { AdapterKind } from "./adapters/adapter.ts";
import { familyByName } from "./adapters/detect-family.ts";
import type { DetectedFamily } from "./adapters/detected-family.ts";
import type { Dialect } from "./adapters/dialects.ts";
import { type AdapterOutlines, readAdapterOutlines } from "./adapters/read-adapters.ts";
import { sizeWarning } from "./file-size.ts";
import { type KohyaMetadata, readKohyaMetadata } from "./metadata/kohya-metadata.ts";
import { type ModelSpec, missingModelSpec, readModelSpec } from "./metadata/model-spec.ts";
import { type KnownLineage, readLineage } from "./metadata/read-lineage.ts";
import { type TagCount, tagFrequencies } from "./metadata/training-tags.ts";
import { type TriggerWord, triggerWords } from "./metadata/trigger-words.ts";
import { dtypeBits } from "./safetensors/dtypes.ts";
import type { SafetensorsHeader } from "./safetensors/safetensors-header.ts";

/** Everything the header of a LoRA file tells. */
export interface LoraDescription {
  readonly title: string | null;
  readonly family: DetectedFamily | null;
  readonly dialect: Dialect | null;
  readonly modules: number;
  readonly kinds: Readonly<Partial<Record<AdapterKind, number>>>;
  readonly hasDora: boolean;
  /** Ranks and how many modules have them, the most frequent first. */
  readonly ranks: readonly { readonly rank: number; readonly modules: number }[];
  /** Modules by the network they belong to (`unet`, `text_encoder`, …), where their names are known. */
  readonly components: Readonly<Record<string, number>>;
  /** Modules the family has no place for, as the file names them. */
  readonly unresolved: readonly string[];
  /** Tensors that are no parts of adapters. */
  readonly otherTensors: number;
  readonly parameters: number;
  /** Bytes of the tensors by dtype. */
  readonly dtypes: Readonly<Record<string, number>>;
  /** Of the whole file. */
  readonly bytes: number;
  readonly triggerWords: readonly TriggerWord[];
  readonly tags: readonly TagCount[];
  readonly training: KohyaMetadata;
  readonly modelSpec: ModelSpec;
  readonly missingModelSpec: readonly string[];
  readonly lineage: KnownLineage | null;
  /** What a person should look at, each a sentence. */
  readonly warnings: readonly string[];
}

/** Describes a file by its header, and by its name where only that tells the family. Throws UserError `bad-adapter` or `unsupported-adapter`. */
export function describeLora(
  header: SafetensorsHeader,
  options: { readonly sizeLimitBytes?: number; readonly fileName?: string } = {},
): LoraDescription {
  const outlines = readAdapterOutlines(header);
  const { adapters, dialect, unresolved, rest } = outlines;
  const family = familyByName(outlines.family, header.metadata, options.fileName ?? "");
  const strangers = new Set(unresolved);
  const training = readKohyaMetadata(header.metadata);
  const modelSpec = readModelSpec(header.metadata);
  const tensors = [...header.tensors.values()];
  const bytes = header.dataStart + tensors.reduce((sum, { begin, end }) => sum + end - begin, 0);
  return {
    title: modelSpec.title ?? training.output_name ?? null,
    family,
    dialect,
    modules: adapters.length,
    kinds: count(adapters.map(({ kind }) => kind)),
    hasDora: adapters.some((adapter) => adapter.tensors.dora_scale !== undefined),
    ranks: ranksOf(outlines),
    components: count(adapters.filter(({ module }) => !strangers.has(module)).map(componentOf)),
    unresolved,
    otherTensors: rest.size,
    parameters: tensors.reduce((sum, { dtype, begin, end }) => sum + ((end - begin) * 8) / dtypeBits[dtype], 0),
    dtypes: bytesByDtype(header),
    bytes,
    triggerWords: triggerWords(header.metadata),
    tags: tagFrequencies(header.metadata),
    training,
    modelSpec,
    missingModelSpec: missingModelSpec(modelSpec),
    lineage: readLineage(header.metadata),
    warnings: warningsOf(outlines, bytes, options.sizeLimitBytes),
  };
}

const componentOf = ({ module }: { module: string }) => module.slice(0, module.indexOf("."));

function count<T extends string>(names: readonly T[]): Record<T, number> {
  const counts = {} as Record<T, number>;
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

function ranksOf({ adapters }: AdapterOutlines): { rank: number; modules: number }[] {
  const counts = new Map<number, number>();
  for (const { rank } of adapters) if (rank > 0) counts.set(rank, (counts.get(rank) ?? 0) + 1);
  return [...counts]
    .map(([rank, modules]) => ({ rank, modules }))
    .sort((a, b) => b.modules - a.modules || a.rank - b.rank);
}

function bytesByDtype({ tensors }: SafetensorsHeader): Record<string, number> {
  const bytes: Record<string, number> = {};
  for (const { dtype, begin, end } of tensors.values()) bytes[dtype] = (bytes[dtype] ?? 0) + end - begin;
  return bytes;
}

function warningsOf(outlines: AdapterOutlines, bytes: number, limit: number | undefined): string[] {
  const { adapters, family, unresolved } = outlines;
  const warnings = [sizeWarning(bytes, limit)];
  if (adapters.length === 0) warnings.push("it holds no LoRA matrices");
  else if (family === null) warnings.push("neither its metadata nor its keys tell which model it is for");
  else if (unresolved.length > 0 && unresolved.length < adapters.length) {
    warnings.push(`${family.family} has no place for ${unresolved.length} of its ${adapters.length} modules`);
  }
  return warnings.filter((warning) => warning !== null);
}
