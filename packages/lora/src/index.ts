export { checkLora } from "./check-lora.ts";
export type { Dtype } from "./dtypes.ts";
export { type FileHashes, fileHashes, tensorsSha256 } from "./file-hashes.ts";
export { type Lineage, lineageMetadata, outcomeMetadata } from "./lora-metadata.ts";
export { readSafetensors, readSafetensorsHeader, type SafetensorsFile, type Tensor } from "./read-safetensors.ts";
export type { SafetensorsProblem } from "./safetensors-error.ts";
export type { SafetensorsHeader, TensorInfo } from "./safetensors-header.ts";
export { type FloatDtype, fromFloat32, isFloatDtype, toFloat32 } from "./tensor-values.ts";
export { replaceMetadata, type TensorToWrite, writeSafetensors } from "./write-safetensors.ts";
