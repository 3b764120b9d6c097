import { formatMicroUsd, type ReplayReport, type ReplayRequestInput, type RunView } from "@loramill/contracts";
import type { Client } from "@loramill/sdk";
import { confirm } from "../confirm.ts";
import { connect } from "../connect.ts";
import { exitCodeOfRun, exitCodes } from "../exit-codes.ts";
import { followRun } from "../follow-run.ts";
import { formatTable } from "../format.ts";
import { quoteLines } from "../quote-view.ts";
import { resolveRun } from "../resolve-run.ts";
import { type CommandContext, printJson, printLine } from "./context.ts";
import { report as reportRun } from "./run.ts";

export interface ReplayOptions {
  readonly verify?: boolean;
  readonly step?: readonly string[];
  readonly pixels?: number;
  readonly tensors?: number;
  readonly budget?: number;
  readonly overCeiling?: boolean;
  readonly yes?: boolean;
  readonly detach?: boolean;
}

/**
 * Does the locked plan of a run again, once its price has been shown and agreed to, and with `verify` says whether it gives
 * the same: 0 when it does, 1 when a step does not repeat itself.
 */
export async function replayCommand(run: string, options: ReplayOptions, context: CommandContext): Promise<number> {
  const connection = await connect(context);
  const { client, mill } = connection;
  let detached = false;
  try {
    const id = await resolveRun(client, run);
    const request = requestOf(options);
    if (!(await agreed(id, request, { client, context, yes: options.yes ?? false }))) return exitCodes.cancelled;
    const start = () => client.replays.create(id, request, { overCeiling: options.overCeiling });
    if (options.detach) {
      const started = await start();
      detached = true;
      reportRun(context, started, null);
      return exitCodes.ok;
    }
    const followed = await followRun({ client, start, onInterrupt: "cancel", context });
    detached = followed.detached;
    return await finish(followed.run, { client, context, verified: !detached && (options.verify ?? false) });
  } finally {
    if (detached) mill?.leave();
    else await mill?.stop();
  }
}

/** The report of a verification that has ended, also of one that was started elsewhere. */
export async function replayReportCommand(run: string, context: CommandContext): Promise<number> {
  const connection = await connect(context);
  try {
    const report = await connection.client.replays.report(await resolveRun(connection.client, run));
    return printReport(report, context);
  } finally {
    await connection.mill?.stop();
  }
}

function requestOf({ verify = false, step, pixels, tensors, budget }: ReplayOptions): ReplayRequestInput {
  return {
    verify,
    ...(step === undefined ? {} : { steps: [...step] }),
    tolerance: { ...(pixels === undefined ? {} : { pixels }), ...(tensors === undefined ? {} : { tensors }) },
    ...(budget === undefined ? {} : { budgetUsd: budget }),
  };
}

/** What is free needs nobody's word. */
async function agreed(
  run: string,
  request: ReplayRequestInput,
  { client, context, yes }: { readonly client: Client; readonly context: CommandContext; readonly yes: boolean },
): Promise<boolean> {
  const quote = await client.replays.quote(run, request);
  const lines = context.json ? [] : quoteLines(quote);
  for (const line of lines) printLine(context, line);
  // What cannot be the same is refused by the next call, which says why.
  if (yes || quote.costMicroUsd.p90 === 0 || quote.obstacles.length > 0) return true;
  return confirm(
    `Replaying ${run} may cost up to ${formatMicroUsd(quote.costMicroUsd.p90)} once more. Go on?`,
    context,
  );
}

async function finish(
  run: RunView,
  {
    client,
    context,
    verified,
  }: { readonly client: Client; readonly context: CommandContext; readonly verified: boolean },
): Promise<number> {
  if (run.state !== "succeeded" || !verified) {
    reportRun(context, run, null);
    return exitCodeOfRun(run.state);
  }
  return printReport(await client.replays.report(run.id), context, run);
}

function printReport(report: ReplayReport, context: CommandContext, run?: RunView): number {
  if (context.json) printJson(context, run === undefined ? report : { run, report });
  else for (const line of reportLines(report)) printLine(context, line);
  return report.verdict === "differs" ? exitCodes.failed : exitCodes.ok;
}

export function reportLines({ of, verdict, firstDifferent, steps }: ReplayReport): string[] {
  const rows = steps.map((step) => [
    step.step,
    step.verdict,
    `${step.compared}`,
    `${step.differing}`,
    figure(step.pixels, step.tolerance.pixels),
    figure(step.tensors, step.tolerance.tensors),
  ]);
  const first = steps.find(({ step }) => step === firstDifferent);
  return [
    formatTable(["step", "verdict", "compared", "differ", "pixels", "weights"], rows),
    "",
    ...(first?.first
      ? [`${first.step} does not repeat itself: ${first.first.name} differs: ${first.first.message}`]
      : []),
    verdict === "identical" ? `${of} gives exactly the same again` : "",
    verdict === "within" ? `${of} gives the same again, within the tolerance` : "",
  ].filter((line, index) => line !== "" || index === 1);
}

/** What was found, and how much of it is tolerated. */
const figure = (found: number | null, tolerated: number): string =>
  found === null ? "" : `${Number(found.toPrecision(3))} (≤ ${tolerated})`;
