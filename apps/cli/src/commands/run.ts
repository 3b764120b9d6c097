import { join } from "node:path";
import { formatMicroUsd, type RunView } from "@loramill/contracts";
import type { Client } from "@loramill/sdk";
import { connect } from "../connect.ts";
import { exitCodeOfRun, exitCodes } from "../exit-codes.ts";
import { formatDuration } from "../format.ts";
import { createLiveView, type LiveView } from "../live-view.ts";
import { readSpec, type SpecOptions } from "../read-spec.ts";
import { saveOutputs } from "../save-outputs.ts";
import { uploadSources } from "../upload-sources.ts";
import { type CommandContext, printJson, printLine } from "./context.ts";

export interface RunOptions extends SpecOptions {
  readonly output?: string;
  readonly detach?: boolean;
  readonly saveDataset?: boolean;
}

/** Starts a run, follows it to its end, saves what it made, and says where. */
export async function runCommand(argument: string, options: RunOptions, context: CommandContext): Promise<number> {
  const local = readSpec(argument, options);
  const { client, mill } = await connect(context.config);
  let detached = false;
  try {
    const spec = mill ? local : await uploadSources(local, client);
    const started = await client.createRun(spec);
    if (options.detach) {
      detached = true;
      report(context, started, null);
      return exitCodes.ok;
    }
    const watched = await watchRun({ client, run: started, context });
    if (watched.detached) {
      detached = true;
      printLine(context, `detached; \`loramill watch ${started.id}\` follows it again`);
      return exitCodes.ok;
    }
    const run = watched.run;
    const folder = options.output ?? join(context.config.outputDir, `${run.name}-${run.id.slice(-8)}`);
    const saved =
      run.state === "cancelled"
        ? null
        : await saveOutputs({
            client,
            run,
            folder,
            loraFolder: context.config.loraOutputDir,
            datasetFolder: options.saveDataset ? join(context.config.datasetOutputDir, run.name) : null,
          });
    report(context, run, saved);
    return exitCodeOfRun(run.state);
  } finally {
    if (detached) mill?.leave();
    else await mill?.stop();
  }
}

/** Follows a run on the terminal. The first Ctrl-C cancels it and waits; the second detaches. */
export async function watchRun(options: {
  client: Client;
  run: RunView;
  context: CommandContext;
}): Promise<{ run: RunView; detached: boolean }> {
  const { client, context } = options;
  const view: LiveView = createLiveView(context.json ? context.err : context.out);
  const stop = new AbortController();
  let run = options.run;
  let interrupts = 0;
  const onInterrupt = () => {
    interrupts += 1;
    if (interrupts > 1) return stop.abort();
    view.print("cancelling; Ctrl-C again to leave it and go");
    client.cancelRun(run.id).catch((error: Error) => view.print(`cancel: ${error.message}`));
  };
  process.on("SIGINT", onInterrupt);
  try {
    for (const note of run.notes) view.print(`note: ${note}`);
    view.show(run);
    for await (const message of client.follow(run.id, { signal: stop.signal })) {
      if (message.kind === "snapshot") {
        run = message.run;
        view.show(run);
      } else if (message.event.type.endsWith("warning")) view.print(`warning: ${message.event.data.message}`);
    }
    return { run, detached: stop.signal.aborted };
  } finally {
    process.off("SIGINT", onInterrupt);
    view.end();
  }
}

function report(context: CommandContext, run: RunView, saved: Awaited<ReturnType<typeof saveOutputs>> | null): void {
  if (context.json) {
    printJson(context, { run, outputs: saved });
    return;
  }
  const seconds = run.endedAt && run.startedAt ? (Date.parse(run.endedAt) - Date.parse(run.startedAt)) / 1000 : null;
  const facts = [run.state, seconds === null ? "" : formatDuration(seconds), formatMicroUsd(run.spentMicroUsd)];
  printLine(context, `\n${run.name} (${run.id}): ${facts.filter(Boolean).join(" · ")}`);
  if (run.error) printLine(context, `  ${run.error.message}`);
  if (saved?.lora) printLine(context, `  LoRA     ${saved.lora}`);
  if (saved?.images.length) printLine(context, `  images   ${join(saved.folder, "images")} (${saved.images.length})`);
  if (saved) printLine(context, `  results  ${saved.folder}`);
  printLine(context, `  \`loramill explain ${run.id}\` says why each step ran or was reused`);
}
