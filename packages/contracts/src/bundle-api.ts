import { z } from "zod";
import { Digest } from "./digest.ts";
import { RunId } from "./ids.ts";
import { MicroUsd } from "./money.ts";
import { Name } from "./name.ts";

/** What a bundle may leave out: what was trained on, and what was drawn. */
export const BundlePart = z.enum(["pictures", "images"]);
export type BundlePart = z.output<typeof BundlePart>;

/** `without=pictures,images`, as it stands in a query. */
const Without = z
  .string()
  .default("")
  .transform((text) => [...new Set(text.split(",").filter((part) => part !== ""))].sort())
  .pipe(z.array(BundlePart))
  .describe("What is left out, parted by commas: pictures, images");

export const BundleQuery = z.object({ without: Without });

/** What an import was told: where it came from, and what that cost there. */
export const RunImport = z.object({
  originRun: RunId.describe("Its id where it ran"),
  originProject: z.string(),
  exportedBy: z.string().describe("Program and version that wrote the bundle"),
  bundle: Digest.describe("Digest of the bundle's manifest"),
  paidElsewhereMicroUsd: MicroUsd.describe("What it cost where it ran, as the bundle says; never charged here"),
  reuse: z.boolean().describe("Whether runs of this project may take its results for their own work"),
  importedAt: z.iso.datetime(),
});
export type RunImport = z.output<typeof RunImport>;

export const ImportQuery = z.object({
  project: Name.optional().describe("For callers of all projects; default: the project called default"),
  reuse: z
    .stringbool()
    .default(true)
    .describe("Whether runs of this project may take what it says its steps made for their own work"),
});

const Counts = z.object({ added: z.int(), there: z.int() });

/** What came of an import. */
export const ImportAnswer = z.object({
  kind: z.enum(["run", "project"]),
  name: z.string(),
  bundle: Digest,
  run: RunId.nullable().describe("The imported run; null for a project's state"),
  isNew: z.boolean().describe("False where all of it was there already and nothing was changed"),
  documents: Counts,
  blobs: Counts,
  loras: Counts,
  datasets: Counts,
  recipes: Counts.extend({ kept: z.array(z.string()).describe("Names that mean another recipe here, which was kept") }),
  steps: z
    .array(z.object({ step: z.string(), reusable: z.boolean(), reason: z.string() }))
    .describe("Which results the next run may take"),
  warnings: z.array(z.string()),
});
export type ImportAnswer = z.output<typeof ImportAnswer>;
