import { formatMicroUsd, type RunView, type StepView } from "@loramill/contracts";
import pc from "picocolors";
import { formatBar, formatDuration } from "./format.ts";

export interface LiveView {
  show(run: RunView): void;
  /** A line that stays, above the live part. */
  print(line: string): void;
  end(): void;
}

const FRAME_MS = 100;
const SIGNS: Record<StepView["state"], string> = {
  blocked: pc.dim("·"),
  ready: pc.dim("○"),
  running: pc.cyan("▶"),
  succeeded: pc.green("✔"),
  reused: pc.green("↺"),
  failed: pc.red("✖"),
  cancelled: pc.yellow("■"),
};

/** Live bars on a terminal; otherwise one line per change worth a line. */
export function createLiveView(output: NodeJS.WriteStream): LiveView {
  return output.isTTY ? liveBars(output) : plainLines(output);
}

function liveBars(output: NodeJS.WriteStream): LiveView {
  let drawn = 0;
  let latest: RunView | null = null;
  let timer: NodeJS.Timeout | null = null;
  const clear = () => {
    if (drawn > 0) output.write(`\x1b[${drawn}A\x1b[0J`);
    drawn = 0;
  };
  const draw = () => {
    timer = null;
    if (!latest) return;
    const width = Math.max(40, output.columns || 80);
    const lines = [...latest.steps.map((step) => stepLine(step)), totalLine(latest)];
    clear();
    output.write(`${lines.map((line) => cut(line, width)).join("\n")}\n`);
    drawn = lines.length;
  };
  return {
    show(run) {
      latest = run;
      timer ??= setTimeout(draw, FRAME_MS);
    },
    print(line) {
      clear();
      output.write(`${line}\n`);
      draw();
    },
    end() {
      if (timer) clearTimeout(timer);
      draw();
      drawn = 0;
    },
  };
}

function plainLines(output: NodeJS.WriteStream): LiveView {
  const said = new Map<string, string>();
  return {
    show(run) {
      for (const step of run.steps) {
        const key = `${step.state}:${step.state === "running" ? landmarkOf(step) : ""}`;
        if (said.get(step.name) === key || step.state === "blocked" || step.state === "ready") continue;
        said.set(step.name, key);
        output.write(`${stripColours(stepLine(step)).trimEnd()}\n`);
      }
    },
    print: (line) => void output.write(`${line}\n`),
    end: () => {},
  };
}

/** What has changed when a step is worth another line: a tenth of it is done, or so much more where nobody knows of how much. */
function landmarkOf(step: StepView): number {
  const { done, total } = countOf(step);
  const isOpenEnded = step.jobs.total <= 1 && done > 0 && total === 0;
  return isOpenEnded ? Math.floor(Math.log2(done)) : Math.floor(shareOf(step) * 10);
}

/** What a job has counted: steps of a training, or items; 0 of what it has not said. */
function countOf({ progress }: StepView): { done: number; total: number } {
  return {
    done: Number(progress?.step ?? progress?.done ?? 0),
    total: Number(progress?.totalSteps ?? progress?.total ?? 0),
  };
}

/** Share of a step that is done: its jobs, and within a single job what that job reports. */
function shareOf(step: StepView): number {
  if (step.state === "succeeded" || step.state === "reused") return 1;
  const { done, total } = countOf(step);
  if (step.jobs.total <= 1) return total > 0 ? done / total : 0;
  return step.jobs.succeeded / step.jobs.total;
}

function stepLine(step: StepView): string {
  const head = `${SIGNS[step.state]} ${step.name.padEnd(9)}`;
  if (step.state === "running") return `${head} ${formatBar(shareOf(step), 24)} ${progressText(step)}`;
  return `${head} ${step.state.padEnd(10)} ${doneText(step)}`;
}

function progressText(step: StepView): string {
  const progress = step.progress ?? {};
  const parts: string[] = [];
  const { done, total } = countOf(step);
  if (total > 0) parts.push(`${done}/${total}`);
  else if (done > 0) parts.push(`${done} ${progress.phase === "reading" ? "files read" : "done"}`);
  if (typeof progress.waitsFor === "string") parts.push(`waits for ${progress.waitsFor}`);
  if (step.jobs.total > 1) parts.push(`${step.jobs.succeeded}/${step.jobs.total} jobs`);
  if (typeof progress.averageLoss === "number") parts.push(`loss ${progress.averageLoss.toFixed(4)}`);
  if (Array.isArray(progress.previews)) parts.push(`${progress.previews.length} in preview`);
  if (typeof progress.etaSeconds === "number") parts.push(`${formatDuration(progress.etaSeconds)} left`);
  if (step.spentMicroUsd > 0) parts.push(formatMicroUsd(step.spentMicroUsd));
  return parts.join(" · ");
}

function doneText(step: StepView): string {
  const parts: string[] = [];
  if (step.items !== null) parts.push(`${step.items} item${step.items === 1 ? "" : "s"}`);
  if (step.startedAt && step.endedAt && step.state === "succeeded") {
    parts.push(formatDuration((Date.parse(step.endedAt) - Date.parse(step.startedAt)) / 1000));
  }
  if (step.spentMicroUsd > 0) parts.push(formatMicroUsd(step.spentMicroUsd));
  if (step.jobs.failed > 0) parts.push(pc.yellow(`${step.jobs.failed} job${step.jobs.failed === 1 ? "" : "s"} failed`));
  if (step.error) parts.push(pc.red(step.error.message));
  else if (step.reason && step.state !== "succeeded") parts.push(pc.dim(step.reason));
  return parts.join(" · ");
}

function totalLine(run: RunView): string {
  const from = run.startedAt ?? run.createdAt;
  const seconds = (Date.parse(run.endedAt ?? new Date().toISOString()) - Date.parse(from)) / 1000;
  const budget = run.budgetMicroUsd === null ? "" : ` of ${formatMicroUsd(run.budgetMicroUsd)}`;
  return pc.dim(`  ${run.state} · ${formatDuration(seconds)} · ${formatMicroUsd(run.spentMicroUsd)}${budget}`);
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what this looks for
const COLOURS = /\x1b\[[0-9;]*m/g;

function stripColours(line: string): string {
  return line.replace(COLOURS, "");
}

/** Cuts a line to the terminal's width so that the count of drawn lines stays right. */
function cut(line: string, width: number): string {
  return stripColours(line).length <= width ? line : `${stripColours(line).slice(0, width - 1)}…`;
}
