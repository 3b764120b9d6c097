import { join } from "node:path";
import { formatMicroUsd, type RefusedItem, type RunSpecInput, type RunView } from "@loramill/contracts";
import type { Client } from "@loramill/sdk";
import { connect } from "../connect.ts";
import { exitCodeOfRun, exitCodes } from "../exit-codes.ts";
import { followRun } from "../follow-run.ts";
import { formatDuration } from "../format.ts";
import { reachableSpec } from "../reachable-spec.ts";
import { readSpec, type SpecOptions } from "../read-spec.ts";
import { type SavedOutputs, saveOutputs } from "../save-outputs.ts";
import { type CommandContext, printJson, printLine } from "./context.ts";

export interface SaveOptions {
  readonly output?: string;
  readonly saveDataset?: boolean;
}

export interface RunOptions extends SpecOptions, SaveOptions {
  readonly detach?: boolean;
  readonly overCeiling?: boolean;
}

/** Starts a run, follows it to its end, saves what it made, and says where. */
export function runCommand(argument: string, options: RunOptions, context: CommandContext): Promise<number> {
  return runSpec(readSpec(argument, options), options, context);
}

export async function runSpec(
  local: RunSpecInput,
  options: Pick<RunOptions, "detach" | "overCeiling" | keyof SaveOptions>,
  context: CommandContext,
): Promise<number> {
  const connection = await connect(context);
  const { client, mill } = connection;
  let detached = false;
  try {
    const spec = await reachableSpec(local, connection, context);
    const { overCeiling } = options;
    const start = () => client.createRun(spec, { overCeiling });
    if (options.detach) {
      const started = await start();
      detached = true;
      report(context, started, null);
      return exitCodes.ok;
    }
    const followed = await followRun({ client, start, onInterrupt: "cancel", context });
    detached = followed.detached;
    return await finishRun({ ...followed, client, options, context });
  } finally {
    if (detached) mill?.leave();
    else await mill?.stop();
  }
}

/** Saves what a followed run made, reports it, and answers its exit code. What was left to itself is only reported. */
export async function finishRun(end: {
  client: Client;
  run: RunView;
  detached: boolean;
  options: SaveOptions;
  context: CommandContext;
}): Promise<number> {
  const { client, run, options, context } = end;
  if (end.detached) {
    if (context.json) printJson(context, { run, outputs: null });
    return exitCodes.ok;
  }
  const saved = await save(client, run, options, context);
  report(context, run, saved);
  return exitCodeOfRun(run.state);
}

/** Saves what a run has made so far into the folders that the configuration names. */
export function save(
  client: Client,
  run: RunView,
  options: SaveOptions,
  { config, interrupts }: CommandContext,
): Promise<SavedOutputs> {
  const folder = options.output ?? join(config.outputDir, `${run.name}-${run.id.slice(-8)}`);
  return saveOutputs({
    ...{ client, run, folder },
    // What a replay trained must not lie in the place of the LoRA that it is compared with.
    loraFolder: run.replayOf === undefined ? config.loraOutputDir : folder,
    datasetFolder: options.saveDataset ? join(config.datasetOutputDir, run.name) : null,
    signal: interrupts.signal,
  });
}

/** What became of a run, and where what it made lies. */
export function report(context: CommandContext, run: RunView, saved: SavedOutputs | null): void {
  if (context.json) {
    printJson(context, { run, outputs: saved });
    return;
  }
  const seconds = run.endedAt && run.startedAt ? (Date.parse(run.endedAt) - Date.parse(run.startedAt)) / 1000 : null;
  const facts = [run.state, seconds === null ? "" : formatDuration(seconds), formatMicroUsd(run.spentMicroUsd)];
  printLine(context, `\n${run.name} (${run.id}): ${facts.filter(Boolean).join(" · ")}`);
  if (run.error) printLine(context, `  ${run.error.message}`);
  for (const file of saved?.lora ?? []) printLine(context, `  LoRA      ${file}`);
  if (saved?.images.length) printLine(context, `  images    ${join(saved.folder, "images")} (${saved.images.length})`);
  if (saved?.clips.length) printLine(context, `  clips     ${join(saved.folder, "clips")} (${saved.clips.length})`);
  if (saved?.sheet) printLine(context, `  sheet     ${saved.sheet}`);
  if (saved?.refused.length) printRefused(context, saved.refused);
  if (saved?.dataset) printLine(context, `  pictures  ${saved.dataset}`);
  if (saved?.report) printLine(context, `  dataset   ${saved.report}`);
  if (saved) printLine(context, `  results   ${saved.folder}`);
  printLine(context, `  ${nextCommand(run)}`);
}

const SHOWN_REFUSALS = 10;

function printRefused(context: CommandContext, refused: readonly RefusedItem[]): void {
  printLine(context, `  refused   ${refused.length}, all in refused.json`);
  for (const { path, code, message } of refused.slice(0, SHOWN_REFUSALS)) {
    printLine(context, `            ${path}: ${message} (${code})`);
  }
}

/** The one command that helps most from here. */
function nextCommand({ id, state }: RunView): string {
  if (state === "planned" || state === "running") return `\`loramill watch ${id}\` follows it`;
  if (state === "succeeded") return `\`loramill explain ${id}\` says why each step ran or was reused`;
  return `\`loramill logs ${id}\` says what happened, \`loramill resume ${id}\` goes on with it`;
}
