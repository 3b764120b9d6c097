export {
  type Adapter,
  type AdapterKind,
  type AdapterOutline,
  type AdapterPart,
  type AdapterTensor,
  adapterParts,
  adapterScale,
  type TensorOutline,
} from "./adapters/adapter.ts";
export { adapterDelta, adapterFactors, type LowRankFactors } from "./adapters/adapter-delta.ts";
export { applyDora } from "./adapters/apply-dora.ts";
export type { Refusal } from "./adapters/cannot-convert.ts";
export { detectFamily, expertOf } from "./adapters/detect-family.ts";
export type { DetectedFamily } from "./adapters/detected-family.ts";
export { type Dialect, dialects } from "./adapters/dialects.ts";
export { asMappedFamily } from "./adapters/family-modules.ts";
export { type LoadCoverage, loadCoverage } from "./adapters/load-coverage.ts";
export { type MappedFamily, mappedFamilies } from "./adapters/mapped-families.ts";
export {
  type AdapterOutlines,
  type AdapterSet,
  readAdapterOutlines,
  readAdapters,
} from "./adapters/read-adapters.ts";
export { type WrittenAdapters, writeAdapters } from "./adapters/write-adapters.ts";
export { adviseOnContents, adviseOnFile } from "./advise-on-file.ts";
export { type ByteSource, copyRange, memorySource, objectSource } from "./byte-source.ts";
export type { RankRule } from "./changes/kept-rank.ts";
export { checkLora } from "./check-lora.ts";
export { extractFromFiles, type FileExtraction } from "./checkpoints/extract-from-files.ts";
export { type FileMerge, mergeIntoFile } from "./checkpoints/merge-into-file.ts";
export { type ConvertedLora, convertLora } from "./convert-lora.ts";
export { lossCsv } from "./curve/loss-csv.ts";
export { tensorboardEvents } from "./curve/tensorboard-events.ts";
export { describeLora, type LoraDescription } from "./describe-lora.ts";
export { sizeWarning } from "./file-size.ts";
export { blockWeight, blockWeightPresets } from "./merge/block-weights.ts";
export { type MergeInput, type MergeOptions, mergeLoras } from "./merge/merge-loras.ts";
export type { MergeMethod } from "./merge/merge-method.ts";
export { type FileHashes, fileHashes, type SshsHashes, sshsHashes, tensorsSha256 } from "./metadata/file-hashes.ts";
export { type KohyaMetadata, readKohyaMetadata, writeKohyaMetadata } from "./metadata/kohya-metadata.ts";
export { type Lineage, lineageMetadata, outcomeMetadata } from "./metadata/lora-metadata.ts";
export {
  type ModelSpec,
  missingModelSpec,
  type RequiredModelSpec,
  readModelSpec,
  writeModelSpec,
} from "./metadata/model-spec.ts";
export { type PrivateMetadata, privateMetadata } from "./metadata/privacy.ts";
export { type KnownLineage, readLineage } from "./metadata/read-lineage.ts";
export { type TagCount, tagFrequencies } from "./metadata/training-tags.ts";
export { type TriggerWord, triggerWords } from "./metadata/trigger-words.ts";
export { type NoisePair, pairFiles } from "./noise-pair.ts";
export { type OperationInput, openLike } from "./operations/operation-input.ts";
export { type OperationResult, type OperationRun, runOperation } from "./operations/run-operation.ts";
export { torchToSafetensors } from "./pickle/convert-torch-file.ts";
export { looksLikeTorch } from "./pickle/looks-like-torch.ts";
export { readTorchFile, type TorchFile, type TorchTensor } from "./pickle/read-torch-file.ts";
export { torchSource } from "./pickle/torch-source.ts";
export type { Dtype } from "./safetensors/dtypes.ts";
export { type EditedFile, editMetadata, replaceMetadata } from "./safetensors/edit-metadata.ts";
export {
  readSafetensors,
  readSafetensorsHeader,
  type SafetensorsFile,
  type Tensor,
} from "./safetensors/read-safetensors.ts";
export type { SafetensorsProblem } from "./safetensors/safetensors-error.ts";
export type { SafetensorsHeader, TensorInfo } from "./safetensors/safetensors-header.ts";
export { parseShardIndex, type ShardIndex } from "./safetensors/shard-index.ts";
export { type FloatDtype, fromFloat32, isFloatDtype, toFloat32 } from "./safetensors/tensor-values.ts";
export {
  type ByteStream,
  type StreamedTensor,
  streamed,
  streamSafetensors,
  type TensorToWrite,
  writeSafetensors,
} from "./safetensors/write-safetensors.ts";
export { type LazyAdapter, loaded } from "./streams/lazy-adapter.ts";
export { type OpenLora, openLora } from "./streams/open-lora.ts";
export type { ToolProgress, ToolRun } from "./streams/progress.ts";
export { readTensor, type StoredTensors } from "./streams/stored-tensors.ts";
export { type LoraToStream, streamLora } from "./streams/stream-lora.ts";
export { type ModuleThreads, openModuleThreads } from "./threads/module-threads.ts";
export { type RunModule, runModuleHere } from "./threads/module-work.ts";
export { blockOf } from "./tools/block-of.ts";
export { checkpointWeights } from "./tools/checkpoint-weights.ts";
export { compareLoras, type Likeness, type LoraComparison } from "./tools/compare-loras.ts";
export { type ExtractOptions, extractLora } from "./tools/extract-lora.ts";
export { type CheckpointMerge, type MergedCheckpoint, mergeIntoCheckpoint } from "./tools/merge-into-checkpoint.ts";
export { type PrunedLora, type PruneOptions, pruneLora } from "./tools/prune-lora.ts";
export { type ResizedLora, type ResizeOptions, resizeLora } from "./tools/resize-lora.ts";
export {
  type LoraVerdict,
  type ValidateOptions,
  validateHeader,
  validateLora,
  validateStored,
} from "./validate/validate-lora.ts";
