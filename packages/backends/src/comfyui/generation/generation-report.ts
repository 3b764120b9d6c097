import { type Charge, type GenerationStatus, PermanentError, TransientError, UserError } from "@loramill/contracts";
import type { ComfyUiGenerationOptions } from "./generation-deps.ts";
import type { GenerationRecord, ItemRecord } from "./generation-record.ts";
import { previewsOf } from "./keep-previews.ts";

/** A look nearer than this to the expected end would be wasted. */
const SHORTEST_POLL_MS = 200;

/**
 * One line for each prompt that is over, under its id: the ledger takes it once, however often it is told, so a turn that
 * was lost with its charges loses nothing.
 */
export function chargesOf({ seconds, items }: GenerationRecord, usdPerHour: number): Charge[] {
  const supplier = ["comfyui", ...new Set(items.flatMap(({ server }) => server ?? []))].join(":").slice(0, 128);
  return Object.entries(seconds).map(([mark, quantity]) => ({
    kind: "generation",
    supplier,
    quantity,
    unit: "gpu-second",
    amountMicroUsd: Math.round((quantity / 3600) * usdPerHour * 1_000_000),
    note: `prompt ${mark}`,
    mark,
  }));
}

export const isOver = ({ state }: ItemRecord): boolean => state === "done" || state === "refused";

/** Where the job stands; `succeeded` once every item has ended and some of them well. */
export function statusOf(record: GenerationRecord, options: ComfyUiGenerationOptions): GenerationStatus {
  const { items } = record;
  const done = items.filter(isOver).length;
  const charges = chargesOf(record, options.usdPerHour);
  const failure = failureOf(record);
  if (failure !== null) return { kind: "failed", error: failure, charges };
  const kind = done === items.length ? "succeeded" : "running";
  const previews = previewsOf(record);
  const shown = previews.length === 0 ? {} : { previews };
  return { kind, done, total: items.length, pollMs: pollMsOf(record, options.pollMs), charges, ...shown };
}

/** Why nothing at all was made; null while something may be. */
function failureOf({ items }: GenerationRecord): Error | null {
  const [first] = items.flatMap(({ state, refusal }) => (state === "refused" ? (refusal ?? []) : []));
  if (first === undefined || items.some(({ state }) => state !== "refused")) return null;
  const { code, message } = first;
  const details = { refused: items.length };
  if (["out-of-memory", "lost", "interrupted"].includes(code)) return new TransientError(message, { code, details });
  if (["nodes-missing", "models-missing"].includes(code)) return new UserError(message, { code, details });
  return new PermanentError(message, { code, details });
}

/** Half of what a prompt takes here: a second one is always queued when the first one ends. */
function pollMsOf({ seconds }: GenerationRecord, pollMs: number): number {
  const ended = Object.values(seconds);
  if (ended.length === 0) return pollMs;
  const mean = ended.reduce((sum, each) => sum + each, 0) / ended.length;
  return Math.round(Math.min(pollMs, Math.max(SHORTEST_POLL_MS, mean * 500)));
}
