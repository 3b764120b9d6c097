import { type FieldValues, readFields } from "./metadata-fields.ts";

/** What this product notes about how a file was made, without the prefix `loramill.`. */
const fields = {
  run: "text",
  backend: "text",
  dataset: "text",
  captions: "text",
  plan: "text",
  /** All training choices, as they were written by the version that trained. */
  recipe: "json",
  recipe_digest: "text",
  base_model: "text",
  base_model_digest: "text",
  trigger_word: "text",
  training_seconds: "number",
  final_loss: "number",
} as const;

export type KnownLineage = FieldValues<typeof fields>;

/** How a file was made; null for files that were not made here. */
export function readLineage(metadata: ReadonlyMap<string, string>): KnownLineage | null {
  const lineage = readFields(fields, "loramill.", metadata);
  return Object.keys(lineage).length === 0 ? null : lineage;
}
