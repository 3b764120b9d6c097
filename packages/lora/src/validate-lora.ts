import type { Adapter, AdapterPart, AdapterTensor } from "./adapters/adapter.ts";
import type { LoraFamily } from "./adapters/detect-family.ts";
import { isMappedFamily } from "./adapters/family-modules.ts";
import { loadCoverage } from "./adapters/load-coverage.ts";
import { type AdapterSet, readAdapters } from "./adapters/read-adapters.ts";
import { noisePair } from "./noise-pair.ts";
import type { SafetensorsFile } from "./safetensors/read-safetensors.ts";
import { isFloatDtype, toFloat32 } from "./safetensors/tensor-values.ts";

/** Something about a file that its user should know. With an `error` it should not be used or published. */
export interface LoraFinding {
  readonly severity: "error" | "warning";
  readonly code:
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
    | "missing-noise-partner";
  readonly message: string;
  /** The modules or tensors it is about; the first hundred. */
  readonly where: readonly string[];
}

export interface ValidateOptions {
  /** The strength it is to be applied with. */
  readonly strength?: number;
  /** The model it is to be applied to. */
  readonly family?: LoraFamily;
  readonly variant?: string | null;
  /** The file's name, and the names of those beside it: tells whether half of a Wan 2.2 pair is missing. */
  readonly name?: string;
  readonly neighbours?: readonly string[];
}

const MAX_STRENGTH = 2;

/**
 * Looks at every value of a LoRA and at how it is to be used: a NaN in one matrix makes every picture black. Empty when
 * there is nothing to say. Throws UserError `bad-adapter` or `unsupported-adapter` for files that cannot be read.
 */
export function validateLora(file: SafetensorsFile, options: ValidateOptions = {}): LoraFinding[] {
  const set = readAdapters(file);
  const findings: LoraFinding[] = [];
  const report = (severity: "error" | "warning", code: LoraFinding["code"], message: string, where: string[] = []) => {
    findings.push({ severity, code, message, where: where.slice(0, 100) });
  };
  if (set.adapters.length === 0) report("error", "no-lora", "it has no LoRA matrices");
  for (const [name, tensor] of file.tensors) {
    if (!isFiniteTensor(tensor)) report("error", "not-finite", `${name} holds values that are not numbers`, [name]);
  }
  for (const adapter of set.adapters) checkPair(adapter, report);
  checkDead(set, report);
  const ranks = new Set(set.adapters.map(({ rank }) => rank).filter((rank) => rank > 0));
  if (ranks.size > 1) {
    const shown = [...ranks].sort((a, b) => a - b).join(", ");
    report("warning", "mixed-ranks", `its modules have different ranks (${shown}), which some tools do not merge`);
  }
  checkUse(file, set, options, report);
  return findings;
}

type Report = (severity: "error" | "warning", code: LoraFinding["code"], message: string, where?: string[]) => void;

function isFiniteTensor({ dtype, data }: AdapterTensor): boolean {
  return !isFloatDtype(dtype) || toFloat32(dtype, data).every(Number.isFinite);
}

function checkPair({ kind, module, tensors }: Adapter, report: Report): void {
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

function checkDead({ adapters }: AdapterSet, report: Report): void {
  const dead = adapters.filter(({ tensors }) =>
    factors.some((part) => tensors[part] !== undefined && isZero(tensors[part])),
  );
  const names = dead.map(({ module }) => module);
  if (dead.length === 0) return;
  if (dead.length === adapters.length)
    report("error", "untrained", "all its changes are zero: it would change nothing", names);
  else report("warning", "dead-modules", `${dead.length} of its ${adapters.length} modules change nothing`, names);
}

function isZero({ dtype, data }: AdapterTensor): boolean {
  return isFloatDtype(dtype) ? toFloat32(dtype, data).every((value) => value === 0) : data.every((byte) => byte === 0);
}

function checkUse(file: SafetensorsFile, set: AdapterSet, options: ValidateOptions, report: Report): void {
  const { strength, family, variant = null, name, neighbours } = options;
  if (strength !== undefined && !(strength >= 0 && strength <= MAX_STRENGTH)) {
    const message = `a strength of ${strength} is outside of 0 to ${MAX_STRENGTH}: pictures usually break up`;
    report("warning", "strength", message);
  }
  if (family !== undefined && set.family !== null && set.family.family !== family) {
    const message = `it was made for ${set.family.family} (${set.family.from}), not for ${family}`;
    report("error", "wrong-family", message);
  }
  const target = family ?? set.family?.family;
  if (target !== undefined && isMappedFamily(target)) {
    const coverage = loadCoverage(
      file,
      target,
      variant ?? (family === undefined ? (set.family?.variant ?? null) : null),
    );
    const { loaded, total, refused } = coverage;
    const message = `will load ${loaded} of ${total} keys on ${target}`;
    // Our tables may be behind what a trainer writes: only for a model that somebody names is that an error.
    const severity = loaded === 0 && family !== undefined ? "error" : "warning";
    if (loaded < total) report(severity, "partly-loaded", message, [...refused]);
  }
  const pair = name !== undefined && set.family?.family === "wan" ? noisePair(name) : null;
  if (pair !== null && neighbours !== undefined && !neighbours.includes(pair.partner)) {
    const other = pair.noise === "high" ? "low" : "high";
    report(
      "warning",
      "missing-noise-partner",
      `it is for ${pair.noise} noise; the file for ${other} noise (${pair.partner}) is not there`,
    );
  }
}
