import { type BisectionView, type BisectVerdict, formatMicroUsd } from "@loramill/contracts";
import type { Client } from "@loramill/sdk";
import { followTrials } from "../bisect/follow-trials.ts";
import { resolveBisection } from "../bisect/resolve-bisection.ts";
import { confirm } from "../confirm.ts";
import { withConnection } from "../connect.ts";
import { exitCodes } from "../exit-codes.ts";
import { formatDuration, formatTable, shortTime } from "../format.ts";
import { given } from "../given.ts";
import { type CommandContext, printJson, printLine } from "./context.ts";

export interface BisectOptions {
  readonly project?: string;
  readonly prompt?: readonly string[];
  readonly seed?: readonly number[];
  readonly strength?: readonly number[];
  readonly budget?: number;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

/** What differs and what the search would cost; once agreed to, both ends are drawn and the first trial is trained. */
export async function startBisectCommand(
  good: string,
  bad: string,
  options: BisectOptions,
  context: CommandContext,
): Promise<number> {
  const { project, prompt: prompts, seed: seeds, strength: strengths, budget: budgetUsd } = options;
  const more = given({ project, prompts, seeds, strengths, budgetUsd });
  return withTrial(context, async (client) => {
    const request = { good, bad, ...more } as Parameters<Client["bisections"]["start"]>[0];
    const quote = await client.bisections.quote(request);
    const { costMicroUsd, seconds, trials } = quote;
    if (context.json && options.dryRun) printJson(context, quote);
    else if (!context.json) {
      for (const { sentence } of quote.differences) printLine(context, `- ${sentence}`);
      for (const note of quote.notes) printLine(context, `note: ${note}`);
      const [time, cost] = [between(seconds, formatDuration), between(costMicroUsd, formatMicroUsd)];
      printLine(
        context,
        `${count(quote.differences.length, "difference")}: at most ${count(trials, "training")} where one is to blame, ${time}, ${cost}`,
      );
    }
    if (options.dryRun) return exitCodes.ok;
    const mayCost = costMicroUsd.p90 > 0 && !options.yes;
    if (mayCost && !(await confirm(`Go on for up to ${formatMicroUsd(costMicroUsd.p90)}?`, context)))
      return exitCodes.cancelled;
    return client.bisections.start(request);
  });
}

export function judgeCommand(
  verdict: BisectVerdict,
  bisection: string | undefined,
  options: { readonly trial?: number },
  context: CommandContext,
): Promise<number> {
  return withTrial(context, async (client) =>
    client.bisections.judge(await resolveBisection(client, bisection), verdict, { trial: options.trial }),
  );
}

export function resumeBisectCommand(
  bisection: string | undefined,
  { budget }: { readonly budget?: number },
  context: CommandContext,
): Promise<number> {
  return withTrial(context, async (client) =>
    client.bisections.resume(
      await resolveBisection(client, bisection),
      budget === undefined ? {} : { budgetUsd: budget },
    ),
  );
}

/** Where it stands, or with `log` every verdict too. */
export async function bisectStatusCommand(
  bisection: string | undefined,
  { log }: { readonly log: boolean },
  context: CommandContext,
): Promise<number> {
  return withConnection(context, async ({ client }) => {
    const view = await client.bisections.get(await resolveBisection(client, bisection));
    if (context.json) printJson(context, view);
    else for (const line of [...(log ? logLines(view) : []), ...statusLines(view)]) printLine(context, line);
    return exitCodes.ok;
  });
}

export async function bisectListCommand(context: CommandContext): Promise<number> {
  return withConnection(context, async ({ client }) => {
    const { items } = await client.bisections.list();
    if (context.json) printJson(context, items);
    else if (items.length === 0)
      printLine(context, "nothing was bisected yet; begin with `loramill bisect start GOOD BAD`");
    else {
      const called = ({ name, version }: { name: string; version: number }) => `${name}@${version}`;
      const rows = items.map(({ id, state, good, bad, createdAt }) => [
        ...[id, state, called(good), called(bad), shortTime(createdAt)],
      ]);
      printLine(context, formatTable(["bisection", "state", "good", "bad", "begun (UTC)"], rows));
    }
    return exitCodes.ok;
  });
}

export async function stopBisectCommand(bisection: string | undefined, context: CommandContext): Promise<number> {
  return withConnection(context, async ({ client }) => {
    const view = await client.bisections.stop(await resolveBisection(client, bisection));
    if (context.json) printJson(context, view);
    else printLine(context, `${view.id} is ${view.state}; \`loramill bisect resume ${view.id}\` goes on with it`);
    return exitCodes.ok;
  });
}

/** Follows what begins, and says where it stands. */
async function withTrial(
  context: CommandContext,
  begin: (client: Client) => Promise<BisectionView | number>,
): Promise<number> {
  const followed = await followTrials(context, begin);
  if (typeof followed === "number") return followed;
  printBisection(followed.view, context);
  return exitCodes.ok;
}

export function printBisection(view: BisectionView, context: CommandContext): void {
  if (context.json) printJson(context, view);
  else for (const line of statusLines(view)) printLine(context, line);
}

function logLines({ trials, differences }: BisectionView): string[] {
  return trials.map(({ number, verdict, applied, run, reason, by, at }) => {
    const said = verdict === null ? "waits for a verdict" : `${verdict}${by === null ? "" : ` (${by})`}`;
    const why = reason === "" ? "" : `: ${reason}`;
    return `${shortTime(at)} trial ${number}: ${said}, ${applied.length} of ${differences.length} differences, ${run ?? "no run"}${why}`;
  });
}

export function statusLines(view: BisectionView): string[] {
  const { open, culprits, suspects, differences, good, bad, state } = view;
  const sentences = (ids: readonly string[]) =>
    differences.filter(({ id }) => ids.includes(id)).map(({ sentence }) => `  ${sentence}`);
  const cost = `cost so far: ${formatMicroUsd(view.spentMicroUsd)}`;
  const grids = [
    ...(good.run === null ? [] : [`good grid: \`loramill save ${good.run}\``]),
    ...(bad.run === null ? [] : [`bad grid:  \`loramill save ${bad.run}\``]),
  ];
  if (open === null) {
    if (state === "stopped") return [`${view.id} was stopped; \`loramill bisect resume ${view.id}\` goes on`, cost];
    const together = culprits.length > 1 ? ", all of it together" : "";
    return [
      ...(culprits.length === 0 ? [] : [`${bad.name}@${bad.version} is bad because of this${together}:`]),
      ...sentences(culprits),
      ...(suspects.length === 0 ? [] : ["skipped trials leave open which of these it is as well:"]),
      ...sentences(suspects),
      ...[...grids, cost],
    ];
  }
  const left = `${count(open.suspects, "difference")} in question, at most ${count(open.trialsLeft, "trial")} left where one is to blame`;
  if (open.number === null) return [left, `the next trial has not begun: \`loramill bisect resume ${view.id}\``, cost];
  const trial =
    open.runState === "succeeded"
      ? `compare trial ${open.number} (\`loramill save ${open.run}\`), then \`loramill bisect good\`, \`bad\` or \`skip\``
      : `trial ${open.number} is ${open.runState}: \`loramill watch ${open.run}\``;
  return [left, ...grids, trial, cost];
}

const count = (n: number, what: string): string => `${n} ${what}${n === 1 ? "" : "s"}`;
const between = ({ p50, p90 }: { readonly p50: number; readonly p90: number }, format: (value: number) => string) =>
  p50 === p90 ? format(p50) : `${format(p50)} – ${format(p90)}`;
