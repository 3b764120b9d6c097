import { z } from "zod";
import { SourceSpec } from "./dataset-spec.ts";
import type { Json, JsonObject } from "./digest.ts";
import { Name } from "./name.ts";

const JsonValue = z.json() as z.ZodType<Json>;

/** Longest name of a folder or a column, in characters. */
const MAX_LABEL = 255;

/** Pictures of one member, by the name that variables know them by. */
export const BatchFolder = z.strictObject({
  name: z.string().min(1).max(MAX_LABEL).describe("What ${folder} stands for"),
  source: SourceSpec.describe("Becomes a source of the run's dataset"),
});
export type BatchFolder = z.output<typeof BatchFolder>;

/**
 * Many runs from one spec: a template and what varies. Folders and rows make a run each, where both are given a row for each
 * folder; a matrix makes each of those as many runs as it has combinations.
 */
export const BatchSpec = z
  .strictObject({
    kind: z.literal("batch"),
    version: z.literal(1).default(1),
    name: Name.describe("Shown in lists, and what the batch is found by"),
    project: Name.default("default"),
    folders: z.array(BatchFolder).min(1).max(100_000).optional().describe("One run per folder of pictures"),
    rows: z
      .array(z.record(z.string().min(1).max(MAX_LABEL), JsonValue))
      .min(1)
      .max(100_000)
      .optional()
      .describe("One run per row; a column is a field of the run, such as train.recipe.rank, or a variable"),
    matrix: z
      .record(z.string(), z.array(JsonValue).min(1).max(1_000))
      .optional()
      .describe("Field of the run → values, such as train.recipe.rank: [8, 16]; every combination is a run"),
    run: (z.record(z.string(), JsonValue) as z.ZodType<JsonObject>).describe(
      "The run's spec, without project; its texts may hold ${folder}, ${row.column} and the other variables",
    ),
    budgetUsd: z.number().min(0).max(10_000_000).optional().describe("Hard limit of what all runs cost together"),
    deadline: z.iso.datetime({ offset: true }).optional().describe("Of every run that has none of its own"),
    priority: z.int().min(0).max(9).optional().describe("Of every run that has none of its own"),
    maxFailures: z
      .int()
      .min(1)
      .max(100_000)
      .optional()
      .describe("The batch is stopped when so many of its runs have failed; left out, the rest goes on"),
  })
  .refine(({ folders, rows, matrix }) => (folders ?? rows ?? matrix) !== undefined, {
    error: "needs something that varies: folders, rows or matrix",
    path: ["folders"],
  });
export type BatchSpec = z.output<typeof BatchSpec>;
export type BatchSpecInput = z.input<typeof BatchSpec>;
