import { type LoraFamily, type LoraFinding, networkOf } from "@loramill/contracts";
import type { AdapterOutline, AdapterPart } from "../adapters/adapter.ts";
import { expertOf } from "../adapters/detect-family.ts";
import { mappedFamilyOf, noModuleTable } from "../adapters/family-modules.ts";
import { type LoadCoverage, loadCoverage } from "../adapters/load-coverage.ts";
import { type AdapterOutlines, readAdapterOutlines, readAdapters } from "../adapters/read-adapters.ts";
import type { ByteSource } from "../byte-source.ts";
import type { SafetensorsFile } from "../safetensors/read-safetensors.ts";
import type { SafetensorsHeader, TensorInfo } from "../safetensors/safetensors-header.ts";
import { openLora } from "../streams/open-lora.ts";
import type { ToolRun } from "../streams/progress.ts";
import type { RunModule } from "../threads/module-work.ts";
import { examineTensors } from "./examine-tensors.ts";
import { examineValues, type ValueFacts } from "./examine-values.ts";

export interface ValidateOptions {
  /** The strength it is to be applied with. */
  readonly strength?: number | undefined;
  /** The model it is to be applied to. */
  readonly family?: LoraFamily | undefined;
  readonly variant?: string | null;
  /** The file's name, and the names of those beside it: tells whether half of a Wan 2.2 pair is missing. */
  readonly name?: string;
  readonly neighbours?: readonly string[];
}

export interface LoraVerdict {
  readonly findings: LoraFinding[];
  /** Null where no table of the family's modules is known. */
  readonly coverage: LoadCoverage | null;
}

const MAX_STRENGTH = 2;

/**
 * Looks at every value of a LoRA and at how it is to be used: a NaN in one matrix makes every picture black. Empty when
 * there is nothing to say. Throws UserError `bad-adapter` or `unsupported-adapter` for files that cannot be read.
 */
export function validateLora(file: SafetensorsFile, options: ValidateOptions = {}): LoraFinding[] {
  // Also reads what the header does not tell: a file whose alphas are no numbers is refused.
  readAdapters(file);
  const facts = new Map([...file.tensors].map(([name, tensor]) => [name, examineValues(tensor)]));
  return judge(file, facts, options).findings;
}

/** The same of a file of any size, a few pieces in memory at a time. */
export async function validateStored(
  source: ByteSource,
  options: ValidateOptions,
  run: ToolRun & { readonly runModule: RunModule },
): Promise<LoraVerdict> {
  const { header } = await openLora(source);
  return judge(header, await examineTensors({ source, header }, run), options);
}

/** What the header alone tells: everything but NaN, infinity and dead modules. */
export function validateHeader(header: SafetensorsHeader, options: ValidateOptions = {}): LoraVerdict {
  return judge(header, new Map(), options);
}

type Facts = ReadonlyMap<string, ValueFacts>;

function judge(header: SafetensorsHeader, facts: Facts, options: ValidateOptions): LoraVerdict {
  const outlines = readAdapterOutlines(header);
  const findings: LoraFinding[] = [];
  const report: Report = (severity, code, message, where = []) => {
    findings.push({ severity, code, message, where: where.slice(0, 100) });
  };
  if (outlines.adapters.length === 0) report("error", "no-lora", "it has no LoRA matrices");
  for (const [name, { allFinite }] of facts) {
    if (!allFinite) report("error", "not-finite", `${name} holds values that are not numbers`, [name]);
  }
  for (const adapter of outlines.adapters) checkPair(adapter, report);
  checkDead(outlines, facts, report);
  const ranks = new Set(outlines.adapters.map(({ rank }) => rank).filter((rank) => rank > 0));
  if (ranks.size > 1) {
    const shown = [...ranks].sort((a, b) => a - b).join(", ");
    report("warning", "mixed-ranks", `its modules have different ranks (${shown}), which some tools do not merge`);
  }
  return { coverage: checkUse(header, outlines, options, report), findings };
}

type Report = (severity: "error" | "warning", code: FindingCode, message: string, where?: string[]) => void;
type FindingCode =
  | "no-lora"
  | "not-finite"
  | "missing-partner"
  | "rank-mismatch"
  | "untrained"
  | "dead-modules"
  | "mixed-ranks"
  | "strength"
  | "wrong-family"
  | "partly-loaded"
  | "not-counted"
  | "missing-noise-partner";

function checkPair({ kind, module, tensors }: AdapterOutline, report: Report): void {
  const { down, up, mid } = tensors;
  if (kind !== "lora") return;
  if (down === undefined || up === undefined) {
    const [there, missing] = down === undefined ? ["up", "down"] : ["down", "up"];
    report("error", "missing-partner", `${module} has a ${there} matrix and no partner ${missing}`, [module]);
  } else if (mid === undefined && up.shape[1] !== down.shape[0]) {
    report("error", "rank-mismatch", `${module}: its two matrices disagree about the rank`, [module]);
  }
}

/** The tensors each of which makes the whole change zero when it is zero. */
const factors: readonly AdapterPart[] = [
  "down",
  "up",
  "hada_w1_a",
  "hada_w1_b",
  "hada_w2_a",
  "hada_w2_b",
  "lokr_w1",
  "lokr_w2",
];

function checkDead({ adapters }: AdapterOutlines, facts: Facts, report: Report): void {
  const isZero = (tensor: TensorInfo | undefined) => tensor !== undefined && facts.get(tensor.name)?.allZero === true;
  const dead = adapters.filter(({ tensors }) => factors.some((part) => isZero(tensors[part])));
  const names = dead.map(({ module }) => module);
  if (dead.length === 0) return;
  if (dead.length === adapters.length)
    report("error", "untrained", "all its changes are zero: it would change nothing", names);
  else report("warning", "dead-modules", `${dead.length} of its ${adapters.length} modules change nothing`, names);
}

function checkUse(
  header: SafetensorsHeader,
  { family: made }: AdapterOutlines,
  { strength, family, variant, name, neighbours }: ValidateOptions,
  report: Report,
): LoadCoverage | null {
  if (strength !== undefined && !(strength >= 0 && strength <= MAX_STRENGTH)) {
    const message = `a strength of ${strength} is outside of 0 to ${MAX_STRENGTH}: pictures usually break up`;
    report("warning", "strength", message);
  }
  if (family !== undefined && made !== null && networkOf(made.family) !== networkOf(family)) {
    report("error", "wrong-family", `it was made for ${made.family} (${made.from}), not for ${family}`);
  }
  const pair = name !== undefined && made !== null ? expertOf(made, name) : null;
  if (pair !== null && neighbours !== undefined && !neighbours.includes(pair.partner)) {
    const other = pair.noise === "high" ? "low" : "high";
    const message = `it is for ${pair.noise} noise; the file for ${other} noise (${pair.partner}) is not there`;
    report("warning", "missing-noise-partner", message);
  }
  const target = family ?? made?.family;
  if (target === undefined) return null;
  const mapped = mappedFamilyOf(target);
  if (mapped === null) {
    const message = `how many of its keys a ${target} model loads cannot be told: ${noModuleTable(target)}`;
    report("warning", "not-counted", message);
    return null;
  }
  const size = variant ?? (target === made?.family ? made.variant : null);
  const coverage = { ...loadCoverage(header, mapped, size), family: target };
  const { loaded, total, refused } = coverage;
  // Our tables may be behind what a trainer writes: only for a model that somebody names is that an error.
  const severity = loaded === 0 && family !== undefined ? "error" : "warning";
  if (loaded < total) {
    report(severity, "partly-loaded", `will load ${loaded} of ${total} keys on ${target}`, [...refused]);
  }
  return coverage;
}
