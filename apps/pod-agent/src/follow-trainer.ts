import { type AgentProgress, type LossPoint, type Recipe, stepsOf, trainedRoles } from "@loramill/contracts";
import { imagesSeen, type LineContext, splitLines, type TrainerAdapter } from "@loramill/trainers";
import { readLog } from "./trainer-process.ts";

/** What a trainer's log says so far. It is read from its start, so that an agent that was away knows it all. */
export interface Followed {
  progress(paidSeconds: number): AgentProgress;
  /** One point for every step that the log shows, with those before a resume. */
  readonly curve: readonly LossPoint[];
  /** Absolute step since which no loss was a number; null while the last one is. */
  readonly divergedAt: number | null;
  /** Steps in a row whose loss was not a number: a single one can be a hiccup of mixed precision. */
  readonly badLosses: number;
  readonly trouble: { readonly kind: "out-of-memory" | "failure"; readonly message: string } | null;
  /** The last lines that say something, for errors. */
  readonly tail: readonly string[];
  /** Reads what is new; false when nothing is. */
  read(): Promise<boolean>;
}

const READ_BYTES = 256 * 1024;
const TAIL_LINES = 12;
/** A line this long is no line of a trainer. */
const MAX_LINE = 16_384;
/** Losses that the average is taken over. */
const AVERAGED = 20;

export function followTrainer(
  log: string,
  adapter: TrainerAdapter,
  recipe: Recipe,
  from: { readonly step: number; readonly curve: readonly LossPoint[] },
): Followed {
  const totalSteps = stepsOf(recipe);
  const context: LineContext = { totalSteps, fromStep: from.step, roles: trainedRoles(recipe) };
  const curve: LossPoint[] = from.curve.filter(({ step }) => step <= from.step);
  const recent: number[] = curve.slice(-AVERAGED).map(({ loss }) => loss);
  let offset = 0;
  let rest = "";
  let last = { step: from.step, stepsPerSecond: null as number | null, etaSeconds: null as number | null };
  let divergedAt: number | null = null;
  let badLosses = 0;
  let lastBadStep = 0;
  let trouble: Followed["trouble"] = null;
  const tail: string[] = [];

  function takeLoss(step: number, loss: number): void {
    if (!Number.isFinite(loss)) {
      // A bar is drawn several times for one step.
      if (step > lastBadStep) badLosses += 1;
      lastBadStep = Math.max(lastBadStep, step);
      divergedAt ??= step;
      return;
    }
    divergedAt = null;
    badLosses = 0;
    if (step <= (curve.at(-1)?.step ?? from.step)) return;
    recent.push(loss);
    if (recent.length > AVERAGED) recent.shift();
    curve.push({ step, loss, averageLoss: recent.reduce((sum, one) => sum + one, 0) / recent.length });
  }

  function takeLine(line: string): void {
    const event = adapter.readLine(line, context);
    if (event?.kind === "progress") {
      const { step, stepsPerSecond, etaSeconds } = event;
      if (step >= last.step) last = { step, stepsPerSecond, etaSeconds };
      if (event.loss !== null) takeLoss(step, event.loss);
      return;
    }
    if (event !== null && trouble?.kind !== "out-of-memory") trouble = event;
    if (line.trim() === "") return;
    tail.push(line.slice(0, 500));
    if (tail.length > TAIL_LINES) tail.shift();
  }

  return {
    curve,
    tail,
    get divergedAt() {
      return divergedAt;
    },
    get badLosses() {
      return badLosses;
    },
    get trouble() {
      return trouble;
    },
    progress: (paidSeconds) => ({
      step: Math.min(last.step, totalSteps),
      totalSteps,
      loss: curve.at(-1)?.loss ?? null,
      averageLoss: curve.at(-1)?.averageLoss ?? null,
      stepsPerSecond: last.stepsPerSecond,
      etaSeconds: last.etaSeconds,
      imagesSeen: imagesSeen(recipe, Math.min(last.step, totalSteps)),
      paidSeconds,
    }),
    async read() {
      let isNew = false;
      for (;;) {
        const { text, next } = await readLog(log, offset, READ_BYTES);
        if (next === offset) return isNew;
        offset = next;
        isNew = true;
        const lines = splitLines(rest + text);
        rest = lines.pop()?.slice(-MAX_LINE) ?? "";
        for (const line of lines) takeLine(line);
      }
    },
  };
}
