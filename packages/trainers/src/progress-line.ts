import type { TrainerEvent } from "./trainer-adapter.ts";

/** A tqdm bar such as `steps:  10%|█  | 100/1000 [01:23<12:27,  1.20it/s, avr_loss=0.0912]`. */
export interface ProgressBar {
  /** Text before the percentage; tells the trainer's own bar from those of downloads, caching and sampling. */
  readonly title: string;
  readonly done: number;
  readonly total: number;
  readonly etaSeconds: number | null;
  readonly perSecond: number | null;
  readonly rest: string;
}

const BAR =
  /^(?:(?<title>.*?):\s*)?(?<percent>\d+)%\|[^|]*\|\s*(?<done>\d+)\/(?<total>\d+)\s*\[(?<elapsed>[\d:]+)<(?<eta>[\d:?]+),\s*(?<rate>[\d.?]+)(?<unit>it\/s|s\/it)(?:,\s*(?<rest>.*))?\]/;
const LOSS = /\b(?:avr_loss|step_loss|loss)[=:]\s*(nan|-?inf|-?[\d.]+(?:e[-+]?\d+)?)/i;
/** Colours and cursor movements. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one
const ANSI = /\u001b\[[0-9;?]*[A-Za-z]/g;

/** The last is ai-toolkit's, which passes over a step without memory three times before it gives up. */
const OUT_OF_MEMORY =
  /CUDA out of memory|CUDA error: out of memory|OutOfMemoryError|hipErrorOutOfMemory|OOM during training step 3 times/;
/** The last line of a Python traceback, or what the trainers print in its place. */
const FAILURE = /^(?:Error running job: .+|(?:\w+\.)*\w*(?:Error|Exception|Interrupt)(?:: .*)?)$/;

/** Lines as a terminal would show them: colours gone, and bars that overwrite themselves one by one. */
export function splitLines(text: string): string[] {
  return text.split(/[\r\n]+/).map((line) => line.replace(ANSI, "").trimEnd());
}

export function parseBar(line: string): ProgressBar | null {
  const found = BAR.exec(line)?.groups;
  if (found === undefined) return null;
  const rate = Number(found.rate);
  const perSecond = found.unit === "it/s" ? rate : 1 / rate;
  return {
    title: found.title ?? "",
    done: Number(found.done),
    total: Number(found.total),
    etaSeconds: secondsOf(found.eta ?? ""),
    perSecond: Number.isFinite(perSecond) && perSecond > 0 ? perSecond : null,
    rest: found.rest ?? "",
  };
}

/** NaN and infinities as they are; null where the text names no loss. */
export function parseLoss(text: string): number | null {
  const found = LOSS.exec(text)?.[1]?.toLowerCase();
  if (found === undefined) return null;
  if (found === "nan") return Number.NaN;
  if (found.endsWith("inf")) return found.startsWith("-") ? -Infinity : Infinity;
  return Number(found);
}

/** What every trainer prints alike, since all of them are Python on PyTorch. */
export function parseTrouble(line: string): TrainerEvent | null {
  if (OUT_OF_MEMORY.test(line)) return { kind: "out-of-memory", message: line.trim().slice(0, 500) };
  return FAILURE.test(line.trim()) ? { kind: "failure", message: line.trim().slice(0, 500) } : null;
}

/** `1:02:03`, `02:03`; null for `?`. */
function secondsOf(text: string): number | null {
  if (!/^\d+(:\d+)*$/.test(text)) return null;
  return text.split(":").reduce((sum, part) => sum * 60 + Number(part), 0);
}
