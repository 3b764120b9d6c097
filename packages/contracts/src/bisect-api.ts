import { z } from "zod";
import { page, RunStateName } from "./api.ts";
import { Digest } from "./digest.ts";
import { Seed } from "./generation/generation-parts.ts";
import { BisectionId, RunId } from "./ids.ts";
import { LoraRef } from "./lora-ref.ts";
import { MicroUsd } from "./money.ts";
import { Name } from "./name.ts";
import { text } from "./text.ts";

/** The search for what makes one of two LoRAs bad: under `/v1/bisections`. */

const Range = z.object({ p50: z.number(), p90: z.number() });

export const BisectionRequest = z.strictObject({
  project: Name.optional().describe("For callers of all projects; default: the project called default"),
  good: LoraRef,
  bad: LoraRef,
  prompts: z
    .array(z.string().min(1).max(4000))
    .min(1)
    .max(16)
    .optional()
    .describe("What every LoRA draws, to be compared; default: the first prompts of the good one's run"),
  seeds: z.array(Seed).min(1).max(16).optional().describe("Default: those of the good one's run, else 1 and 2"),
  strengths: z.array(z.number().min(0).max(2)).min(1).max(4).optional().describe("Default: 1"),
  budgetUsd: z.number().min(0).max(1_000_000).optional().describe("Hard limit of all trials together"),
});
export type BisectionRequest = z.output<typeof BisectionRequest>;
export type BisectionRequestInput = z.input<typeof BisectionRequest>;

/** `good` and `bad` as a person sees its pictures; `skip` where nobody can tell, or it cannot be made. */
export const BisectVerdict = z.enum(["good", "bad", "skip"]);
export type BisectVerdict = z.output<typeof BisectVerdict>;

export const VerdictRequest = z.strictObject({
  verdict: BisectVerdict,
  trial: z.int().min(1).optional().describe("Its number; refused where another is open. Left out: the open one"),
  reason: text(1000).default("").describe("What it was judged by, such as a score and its threshold"),
});

export const BisectDifference = z.object({
  id: z.string().describe("Such as recipe.rank, added 3f9a61c2d0e1, caption 3f9a61c2d0e1"),
  sentence: z.string().describe("What the bad one has instead of the good one"),
});
export type BisectDifference = z.output<typeof BisectDifference>;

/** As the catalog keeps a trial. */
export const BisectTrial = z.object({
  number: z.int().min(1),
  applied: z.array(z.string()).describe("Differences that it has; the others are as in the good one"),
  run: RunId.nullable().describe("Null where it could not be planned"),
  verdict: BisectVerdict.nullable().describe("Null until it is judged"),
  reason: z.string().describe("What it was judged by, or why it was skipped without being asked about; else empty"),
  by: z.string().nullable().describe("Id of the API key, or operator"),
  at: z.iso.datetime().describe("When it was judged, or begun"),
});
export type BisectTrial = z.output<typeof BisectTrial>;

/** What every LoRA of a bisection draws. */
export const BisectGrid = z.object({
  prompts: z.array(z.string()),
  seeds: z.array(Seed),
  strengths: z.array(z.number()),
});
export type BisectGrid = z.output<typeof BisectGrid>;

const End = z.object({
  id: z.string(),
  name: z.string(),
  version: z.int(),
  document: Digest,
  run: RunId.nullable().describe("Draws the grid with it"),
});

export const BisectionView = z.object({
  id: BisectionId,
  project: z.string(),
  state: z.enum(["open", "found", "stopped"]),
  good: End,
  bad: End,
  grid: BisectGrid,
  differences: z.array(BisectDifference),
  trials: z.array(BisectTrial),
  open: z
    .object({
      number: z.int().nullable().describe("Of the trial that waits for a verdict; null where it was not begun yet"),
      run: RunId.nullable(),
      runState: RunStateName.nullable(),
      suspects: z.int().describe("Differences among which the next culprit is"),
      trialsLeft: z.int().describe("At most, this one included, where one difference is to blame and none is skipped"),
    })
    .nullable()
    .describe("Null once it has ended"),
  culprits: z.array(z.string()).describe("What makes it bad: all of them are needed together"),
  suspects: z.array(z.string()).describe("Where skipped trials leave it open: one of these too"),
  notes: z.array(z.string()).describe("What differs and cannot be bisected"),
  budgetMicroUsd: MicroUsd.nullable(),
  spentMicroUsd: MicroUsd,
  createdAt: z.iso.datetime(),
});
export type BisectionView = z.output<typeof BisectionView>;
export const BisectionPage = page(
  BisectionView.pick({ id: true, state: true, good: true, bad: true, createdAt: true }),
);

/** What a bisection would take, before anything is trained. */
export const BisectionQuote = z.object({
  differences: z.array(BisectDifference),
  trials: z.int().describe("Trainings at most, where one difference is to blame and none is skipped"),
  perTrial: z.object({ seconds: Range, costMicroUsd: Range }).describe("Of the first one; the others are like it"),
  seconds: Range,
  costMicroUsd: Range.describe("Of all trials and the grids of both ends"),
  notes: z.array(z.string()),
});
export type BisectionQuote = z.output<typeof BisectionQuote>;
