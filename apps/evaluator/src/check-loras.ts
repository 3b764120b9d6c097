import type { InputOf, JobContext, JobOutput, LoraReport, LoraValidation } from "@loramill/contracts";
import { compareLoras, openLike, openLora, validateStored } from "@loramill/lora";
import type { LoraToolsDeps } from "./deps.ts";
import { openDocument } from "./stored-inputs.ts";
import { toolRun } from "./tool-run.ts";

type Params = InputOf<"check-loras">["params"];

/** Reads all of one or two LoRAs, in threads and piece by piece, and writes down what it found. */
export async function checkLoras(
  { params }: InputOf<"check-loras">,
  deps: LoraToolsDeps,
  ctx: JobContext,
): Promise<JobOutput> {
  const report = params.kind === "validate" ? await validate(params, deps, ctx) : await compare(params, deps, ctx);
  const digest = await deps.stores.documents.put("lora-report", report);
  const summary =
    report.kind === "validate"
      ? { reports: 1, findings: report.findings.length }
      : { reports: 1, modules: report.modules.length };
  return { digest, shape: "part", items: 1, summary };
}

async function validate(
  { lora, strength, family }: Extract<Params, { kind: "validate" }>,
  deps: LoraToolsDeps,
  ctx: JobContext,
): Promise<LoraReport> {
  const { source, named } = await open(lora, deps, ctx);
  const { findings, coverage } = await validateStored(source, { strength, family }, toolRun(deps.threads, ctx));
  return {
    kind: "validate",
    lora: named,
    looked: "values",
    valid: findings.every(({ severity }) => severity !== "error"),
    findings,
    coverage: coverage === null ? null : { ...coverage, refused: [...coverage.refused] },
  };
}

async function compare(
  params: Extract<Params, { kind: "compare" }>,
  deps: LoraToolsDeps,
  ctx: JobContext,
): Promise<LoraReport> {
  const [a, b] = await Promise.all([params.a, params.b].map((digest) => open(digest, deps, ctx)));
  if (a === undefined || b === undefined) throw new RangeError("two digests are two LoRAs");
  const first = await openLora(a.source);
  const second = await openLike(b.source, first);
  const likeness = await compareLoras(first.adapters, second.adapters, toolRun(deps.threads, ctx));
  return {
    kind: "compare",
    a: a.named,
    b: b.named,
    whole: likeness.whole,
    blocks: [...likeness.blocks],
    modules: [...likeness.modules],
    onlyA: [...likeness.onlyA],
    onlyB: [...likeness.onlyB],
  };
}

async function open(digest: string, deps: LoraToolsDeps, { signal }: Pick<JobContext, "signal">) {
  const { name, document, source } = await openDocument(digest, { ...deps, signal });
  const named: LoraValidation["lora"] = { name, document: digest, weights: document.weights.sha256 };
  return { source, named };
}
