import { type BisectionView, type BisectVerdict, formatMicroUsd, UserError } from "@loramill/contracts";
import type { Client } from "@loramill/sdk";
import { confirm } from "../confirm.ts";
import { connect, withConnection } from "../connect.ts";
import { exitCodes } from "../exit-codes.ts";
import { followRun } from "../follow-run.ts";
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
    client.bisections.judge(await resolve(client, bisection), verdict, options.trial),
  );
}

export function resumeBisectCommand(
  bisection: string | undefined,
  { budget }: { readonly budget?: number },
  context: CommandContext,
): Promise<number> {
  return withTrial(context, async (client) =>
    client.bisections.resume(await resolve(client, bisection), budget === undefined ? {} : { budgetUsd: budget }),
  );
}

/** Where it stands, or with `log` every verdict too. */
export async function bisectStatusCommand(
  bisection: string | undefined,
  { log }: { readonly log: boolean },
  context: CommandContext,
): Promise<number> {
  return withConnection(context, async ({ client }) => {
    const view = await client.bisections.get(await resolve(client, bisection));
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
    const view = await client.bisections.stop(await resolve(client, bisection));
    if (context.json) printJson(context, view);
    else printLine(context, `${view.id} is ${view.state}; \`loramill bisect resume ${view.id}\` goes on with it`);
    return exitCodes.ok;
  });
}

/**
 * Follows the trial that begins, so that a mill of this command lives until its pictures are there. An exit code in the place
 * of a bisection ends it.
 */
async function withTrial(
  context: CommandContext,
  work: (client: Client) => Promise<BisectionView | number>,
): Promise<number> {
  const { client, mill } = await connect(context);
  let detached = false;
  try {
    const begun = await work(client);
    if (typeof begun === "number") return begun;
    for (const run of [begun.good.run, begun.bad.run, begun.open?.run]) {
      if (run == null || detached) continue;
      const start = () => client.getRun(run);
      ({ detached } = await followRun({ client, start, onInterrupt: "leave", context }));
    }
    const view = await client.bisections.get(begun.id);
    if (context.json) printJson(context, view);
    else for (const line of statusLines(view)) printLine(context, line);
    return exitCodes.ok;
  } finally {
    if (detached) mill?.leave();
    else await mill?.stop();
  }
}

/** The newest one where none is named; the end of an id is enough. */
async function resolve(client: Client, text: string | undefined): Promise<string> {
  if (text !== undefined && /^bis_[0-9a-f]{32}$/.test(text)) return text;
  const { items } = await client.bisections.list({ limit: 200 });
  const fitting = text === undefined ? items.slice(0, 1) : items.filter(({ id }) => id.endsWith(text));
  const [only] = fitting;
  if (only !== undefined && fitting.length === 1) return only.id;
  throw new UserError(
    text === undefined
      ? "nothing was bisected yet; begin with `loramill bisect start GOOD BAD`"
      : `${text}: no such bisection; \`loramill bisect list\` names them`,
    { code: "not-found" },
  );
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
