import { canonicalJson, formatMicroUsd, type RunSpecInput } from "@loramill/contracts";
import type { Client } from "@loramill/sdk";
import { type Connection, withConnection } from "../connect.ts";
import { exitCodes } from "../exit-codes.ts";
import { formatTable, shortTime } from "../format.ts";
import { quoteLines } from "../quote-view.ts";
import { reachableSpec } from "../reachable-spec.ts";
import { readSpec, type SpecOptions } from "../read-spec.ts";
import { resolveRun } from "../resolve-run.ts";
import { type CommandContext, printJson, printLine } from "./context.ts";

/** The commands that look at plans and runs without starting one. */

export async function planCommand(argument: string, options: SpecOptions, context: CommandContext): Promise<number> {
  const spec = readSpec(argument, options);
  return withConnection(context, async (connection) => {
    const { lock, digest } = await connection.client.plan(await quietly(spec, connection, context));
    context.out.write(`${canonicalJson(lock)}\n`);
    if (!context.json) for (const note of [...lock.notes, `digest ${digest}`]) context.err.write(`${note}\n`);
    return exitCodes.ok;
  });
}

export async function quoteCommand(argument: string, options: SpecOptions, context: CommandContext): Promise<number> {
  const spec = readSpec(argument, options);
  return withConnection(context, async (connection) => {
    const quote = await connection.client.quote(await quietly(spec, connection, context));
    if (context.json) printJson(context, quote);
    else for (const line of quoteLines(quote)) printLine(context, line);
    return quote.withinBudget === false ? exitCodes.exhausted : exitCodes.ok;
  });
}

/** What is said on the way must not get into the plan. */
function quietly(spec: RunSpecInput, connection: Connection, context: CommandContext): Promise<RunSpecInput> {
  return reachableSpec(spec, connection, { ...context, out: context.err });
}

export async function runsCommand(
  options: { project?: string; state?: string; limit?: number },
  context: CommandContext,
): Promise<number> {
  return withConnection(context, async ({ client }) => {
    const { items } = await client.listRuns(options);
    if (context.json) printJson(context, items);
    else if (items.length === 0) printLine(context, "no runs yet; start one with `loramill run FOLDER`");
    else {
      const rows = items.map((run) => [
        run.id,
        run.state,
        shortTime(run.createdAt),
        run.imported === undefined ? formatMicroUsd(run.spentMicroUsd) : "elsewhere",
        run.name,
      ]);
      printLine(context, formatTable(["run", "state", "created (UTC)", "cost", "name"], rows));
    }
    return exitCodes.ok;
  });
}

export async function explainCommand(run: string, context: CommandContext): Promise<number> {
  return withConnection(context, async ({ client }) => {
    const explanation = await client.explain(await resolveRun(client, run));
    if (context.json) printJson(context, explanation);
    else {
      const rows = explanation.steps.map((step) => [step.name, step.state, step.reason]);
      printLine(context, formatTable(["step", "state", "why"], rows));
      for (const wait of explanation.waiting) printLine(context, `${wait.step} ${wait.job}: ${wait.reason}`);
    }
    return exitCodes.ok;
  });
}

export async function logsCommand(
  run: string,
  options: { follow?: boolean; trainer?: boolean },
  context: CommandContext,
): Promise<number> {
  return withConnection(context, async ({ client }) => {
    const id = await resolveRun(client, run);
    if (options.trainer) return printTrainerLog(client, id, context);
    const print = (event: { at: string; step: string | null; type: string; data: Record<string, unknown> }) =>
      printLine(
        context,
        context.json
          ? JSON.stringify(event)
          : `${shortTime(event.at)} ${(event.step ?? "run").padEnd(9)} ${event.type} ${event.data.message ?? JSON.stringify(event.data)}`,
      );
    let after = 0;
    for (;;) {
      const page = await client.listEvents(id, { after, limit: 200 });
      for (const event of page.items) print(event);
      if (page.next === null) {
        after = page.items.at(-1)?.id ?? after;
        break;
      }
      after = page.next;
    }
    if (options.follow) {
      for await (const message of client.follow(id, { after })) if (message.kind === "event") print(message.event);
    }
    return exitCodes.ok;
  });
}

/** Each training's own words; trainings of backends that say nothing are named all the same. */
async function printTrainerLog(client: Client, run: string, context: CommandContext): Promise<number> {
  const logs: { job: string; text: string }[] = [];
  for (const { kind, name } of (await client.getRun(run)).steps) {
    if (kind !== "train") continue;
    const { items } = await client.listJobs(run, { step: name, limit: 200 });
    for (const { id } of items) logs.push({ job: id, text: await client.jobLog(id) });
  }
  if (context.json) printJson(context, { logs });
  else if (logs.length === 0) printLine(context, "this run trains nothing");
  for (const { job, text } of context.json ? [] : logs) {
    if (logs.length > 1 || text === "") printLine(context, `${job}:${text === "" ? " its backend wrote no log" : ""}`);
    if (text !== "") printLine(context, text.trimEnd());
  }
  return exitCodes.ok;
}
