import { type FieldValues, readFields, writeFields } from "./metadata-fields.ts";

/** Stability AI's ModelSpec 1.0.1, without the prefix `modelspec.`: what must, should and can be there. */
const required = {
  sai_model_spec: "text",
  architecture: "text",
  implementation: "text",
  title: "text",
  /** As "1024x1024". */
  resolution: "text",
} as const;
const fields = {
  ...required,
  description: "text",
  author: "text",
  /** ISO 8601. */
  date: "text",
  /** "0x" and the SHA-256 over the tensor bytes. */
  hash_sha256: "text",
  implementation_version: "text",
  license: "text",
  usage_hint: "text",
  /** A data URL. */
  thumbnail: "text",
  tags: "text",
  merged_from: "text",
  trigger_phrase: "text",
  /** `epsilon` or `v`; flow models have none. */
  prediction_type: "text",
  /** As "0,1000". */
  timestep_range: "text",
  encoder_layer: "text",
  preprocessor: "text",
  is_negative_embedding: "text",
  unet_dtype: "text",
  vae_dtype: "text",
} as const;

export type ModelSpec = FieldValues<typeof fields>;
export type RequiredModelSpec = ModelSpec & Required<Omit<FieldValues<typeof required>, "sai_model_spec">>;

export function readModelSpec(metadata: ReadonlyMap<string, string>): ModelSpec {
  return readFields(fields, "modelspec.", metadata);
}

/** The required fields a file lacks; all of them when it does not claim to follow the standard. */
export function missingModelSpec(spec: ModelSpec): string[] {
  return (Object.keys(required) as (keyof typeof required)[]).filter((field) => !spec[field]);
}

export function writeModelSpec(spec: RequiredModelSpec): Record<string, string> {
  return writeFields(fields, "modelspec.", { ...spec, sai_model_spec: spec.sai_model_spec ?? "1.0.1" });
}
