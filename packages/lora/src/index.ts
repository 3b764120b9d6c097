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
export { type DetectedFamily, detectFamily, type LoraFamily, loraFamilies } from "./adapters/detect-family.ts";
export { type Dialect, dialects } from "./adapters/dialects.ts";
export {
  type AdapterOutlines,
  type AdapterSet,
  readAdapterOutlines,
  readAdapters,
} from "./adapters/read-adapters.ts";
export { type WrittenAdapters, writeAdapters } from "./adapters/write-adapters.ts";
export { type ByteSource, memorySource, objectSource } from "./byte-source.ts";
export { checkLora } from "./check-lora.ts";
export { lossCsv } from "./curve/loss-csv.ts";
export { tensorboardEvents } from "./curve/tensorboard-events.ts";
export { sizeWarning } from "./file-size.ts";
export { type FileHashes, fileHashes, tensorsSha256 } from "./metadata/file-hashes.ts";
export { type Lineage, lineageMetadata, outcomeMetadata } from "./metadata/lora-metadata.ts";
export { torchToSafetensors } from "./pickle/convert-torch-file.ts";
export { readTorchFile, type TorchFile, type TorchTensor } from "./pickle/read-torch-file.ts";
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
export { type FloatDtype, fromFloat32, isFloatDtype, toFloat32 } from "./safetensors/tensor-values.ts";
export {
  type ByteStream,
  type StreamedTensor,
  streamed,
  streamSafetensors,
  type TensorToWrite,
  writeSafetensors,
} from "./safetensors/write-safetensors.ts";
