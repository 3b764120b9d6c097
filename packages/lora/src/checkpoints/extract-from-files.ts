import { canonicalJson } from "@loramill/contracts";
import { familyOfModules } from "../adapters/family-modules.ts";
import type { MappedFamily } from "../adapters/mapped-families.ts";
import type { ByteSource } from "../byte-source.ts";
import { writeKohyaMetadata } from "../metadata/kohya-metadata.ts";
import type { OperationResult } from "../operations/run-operation.ts";
import { readSafetensorsHeader } from "../safetensors/read-safetensors.ts";
import type { FloatDtype } from "../safetensors/tensor-values.ts";
import type { ToolRun } from "../streams/progress.ts";
import { streamLora } from "../streams/stream-lora.ts";
import type { RunModule } from "../threads/module-work.ts";
import { extractLora } from "../tools/extract-lora.ts";
import { withAttentionApart } from "./open-clip.ts";
import { readCheckpoint } from "./read-checkpoint.ts";

export interface FileExtraction extends ToolRun {
  readonly original: { readonly name: string; readonly source: ByteSource };
  readonly tuned: { readonly name: string; readonly source: ByteSource };
  /** Of the result. */
  readonly name: string;
  /** At most, of linear layers and of 1 × 1 convolutions; `convRank` of larger ones, as `rank` when absent. */
  readonly rank: number;
  readonly convRank?: number;
  readonly dtype: FloatDtype;
  /** Told by the original when absent. */
  readonly family?: MappedFamily;
  readonly runModule: RunModule;
}

/** As kohya's extract_lora_from_models takes it: a text encoder that differs by no more was not trained. */
const UNTRAINED_TEXT_ENCODER = 0.01;

/**
 * The LoRA between two checkpoints of one family, as a file that is computed while it is read: in kohya's dialect, and in
 * diffusers' where the checkpoints are diffusers'. Throws UserError `unknown-checkpoint`, `shape-mismatch` or
 * `no-difference`.
 */
export async function extractFromFiles(options: FileExtraction): Promise<OperationResult & { family: MappedFamily }> {
  const { original, tuned, name, rank, convRank, dtype, family: given, runModule, ...run } = options;
  const [originalHeader, tunedHeader] = await Promise.all(
    [original, tuned].map(({ source }) => readSafetensorsHeader(source)),
  );
  if (originalHeader === undefined || tunedHeader === undefined)
    throw new RangeError("two checkpoints have two headers");
  const { family, variant, layout, weights, tensors } = readCheckpoint(originalHeader, given);
  const adapters = await extractLora({
    original: { source: original.source, header: { ...originalHeader, tensors } },
    tuned: { source: tuned.source, header: { ...tunedHeader, tensors: withAttentionApart(tunedHeader.tensors) } },
    weights: [...weights].map(([module, tensor]) => ({ module, tensor })),
    rank,
    ...(convRank === undefined ? {} : { convRank }),
    dtype,
    minDifference: (component) => (component.startsWith("text_encoder") ? UNTRAINED_TEXT_ENCODER : 0),
    runModule,
    ...(run.signal === undefined ? {} : { signal: run.signal }),
  });
  const made = { operation: { kind: "extract", rank }, from: [original, tuned].map((file) => ({ name: file.name })) };
  const metadata = {
    "modelspec.title": name,
    "loramill.made": canonicalJson(made),
    ...writeKohyaMetadata({
      output_name: name,
      network_module: "networks.lora",
      network_dim: rank,
      network_alpha: rank,
      base_model_version: baseVersions[family],
    }),
  };
  const dialect = layout === "native" ? "kohya" : "diffusers";
  const from = { dialect, family: { family: familyOfModules(family), variant, from: "keys" } } as const;
  const file = streamLora({ ...run, adapters, from, dialect, metadata });
  return { file, family, modules: adapters.length, notes: [] };
}

/** What `ss_base_model_version` says of each family. */
const baseVersions: Readonly<Record<MappedFamily, string>> = {
  sd15: "sd_v1",
  sd2: "sd_v2",
  sdxl: "sdxl_base_v1-0",
  sd3: "sd3",
  flux: "flux1",
  wan: "wan",
  "qwen-image": "qwen_image",
  pocket: "pocket",
};
