import { randomUUID } from "node:crypto";
import { join } from "node:path";
import type { BatchMember, BatchView, MemberState } from "@loramill/contracts";
import type { Client } from "@loramill/sdk";
import { batchLines, batchQuoteLines, countsText, memberTable } from "../batch-view.ts";
import { connect, withConnection } from "../connect.ts";
import { exitCodes } from "../exit-codes.ts";
import { followBatch, isOver } from "../follow-batch.ts";
import { formatTable, shortTime } from "../format.ts";
import { moment } from "../moment.ts";
import { createProgressLine } from "../progress-line.ts";
import { reachableBatch } from "../reachable-batch.ts";
import { type BatchOptions, readBatchFile } from "../read-batch-file.ts";
import { resolveBatch } from "../resolve-batch.ts";
import { type CommandContext, printJson, printLine } from "./context.ts";
import { type SaveOptions, save } from "./run.ts";

export interface BatchRunOptions extends BatchOptions, SaveOptions {
  readonly detach?: boolean;
  readonly key?: string;
}

/** Submits a batch, follows it to its end, and saves what its runs made. */
export async function runBatchCommand(
  file: string,
  options: BatchRunOptions,
  context: CommandContext,
): Promise<number> {
  const local = readBatchFile(file, options);
  return withMill(context, async (connection) => {
    const spec = await reachableBatch(local, connection, context);
    const batch = await connection.client.batches.create(spec, { idempotencyKey: options.key ?? randomUUID() });
    if (!context.json) printLine(context, `${batch.name} (${batch.id}): ${batch.total} runs`);
    if (!options.detach) return followToEnd(batch, connection.client, options, context);
    if (context.json) printJson(context, { batch, outputs: null });
    else printLine(context, `\`loramill batch watch ${batch.id}\` follows it`);
    return { detached: true, code: exitCodes.ok };
  });
}

export async function planBatchCommand(file: string, options: BatchOptions, context: CommandContext): Promise<number> {
  const local = readBatchFile(file, options);
  return withConnection(context, async (connection) => {
    const members = await connection.client.batches.plan(await quietly(local, connection, context));
    if (context.json) printJson(context, members);
    else {
      const rows = members.map(({ number, name, values }) => [`${number}`, name, JSON.stringify(values)]);
      printLine(context, formatTable(["no.", "name", "what sets it apart"], rows));
    }
    return exitCodes.ok;
  });
}

export async function quoteBatchCommand(file: string, options: BatchOptions, context: CommandContext): Promise<number> {
  const local = readBatchFile(file, options);
  return withConnection(context, async (connection) => {
    const spec = await quietly(local, connection, context);
    const line = createProgressLine(context.err);
    const onProgress = (done: number, total: number) => line.show(`${done} of ${total} runs quoted`, done, total);
    const quote = await connection.client.batches.quote(spec, { onProgress }).finally(() => line.end());
    if (context.json) printJson(context, quote);
    else for (const text of batchQuoteLines(quote)) printLine(context, text);
    return quote.withinBudget === false ? exitCodes.exhausted : exitCodes.ok;
  });
}

/** What is said on the way must not get into the answer. */
const quietly = (...[batch, connection, context]: Parameters<typeof reachableBatch>) =>
  reachableBatch(batch, connection, { ...context, out: context.err });

export async function listBatchesCommand(
  options: { project?: string; limit?: number },
  context: CommandContext,
): Promise<number> {
  return withConnection(context, async ({ client }) => {
    const { items } = await client.batches.list(options);
    if (context.json) printJson(context, items);
    else if (items.length === 0) printLine(context, "no batches yet; start one with `loramill batch run FILE`");
    else {
      const rows = items.map((batch) => [
        batch.id,
        batch.state,
        shortTime(batch.createdAt),
        countsText(batch),
        batch.name,
      ]);
      printLine(context, formatTable(["batch", "state", "created (UTC)", "runs", "name"], rows));
    }
    return exitCodes.ok;
  });
}

export async function showBatchCommand(
  name: string,
  options: { state?: MemberState; all?: boolean },
  context: CommandContext,
): Promise<number> {
  return withConnection(context, async ({ client }) => {
    const batch = await client.batches.get(await resolveBatch(client, name));
    const isShort = !options.all && !context.json;
    const members = await membersOf(client, batch.id, options.state, isShort ? 50 : null);
    if (context.json) printJson(context, { batch, members });
    else {
      for (const line of batchLines(batch)) printLine(context, line);
      if (members.length > 0) printLine(context, `\n${memberTable(members)}`);
      if (isShort && members.length === 50) printLine(context, "… the first 50; --all shows the rest");
    }
    return exitCodes.ok;
  });
}

export function watchBatchCommand(name: string, options: SaveOptions, context: CommandContext): Promise<number> {
  return withMill(context, async ({ client }) => {
    const batch = await client.batches.get(await resolveBatch(client, name));
    return followToEnd(batch, client, options, context, { isSaved: false });
  });
}

export async function cancelBatchCommand(name: string, context: CommandContext): Promise<number> {
  return withConnection(context, async ({ client }) => {
    const before = await client.batches.get(await resolveBatch(client, name));
    if (isOver(before)) {
      if (context.json) printJson(context, before);
      else printLine(context, `${before.id} ${before.state}: there is nothing to cancel`);
      return exitCodes.ok;
    }
    // Waited for, so that a mill started for this command does not end before.
    const { batch } = await followBatch(await client.batches.cancel(before.id), { client, context });
    if (context.json) printJson(context, batch);
    else printLine(context, `${batch.id} is ${batch.state}; \`loramill batch resume ${batch.id}\` goes on with it`);
    return exitCodes.ok;
  });
}

export interface BatchResumeOptions extends Pick<BatchOptions, "budget" | "deadline" | "maxFailures">, SaveOptions {
  readonly detach?: boolean;
}

/** Goes on with what failed, follows it, and saves what it makes. */
export async function resumeBatchCommand(
  name: string,
  options: BatchResumeOptions,
  context: CommandContext,
): Promise<number> {
  const { budget, deadline, maxFailures } = options;
  return withMill(context, async ({ client }) => {
    const { batch, resumed, replanned } = await client.batches.resume(await resolveBatch(client, name), {
      ...(budget === undefined ? {} : { budgetUsd: budget }),
      ...(deadline === undefined ? {} : { deadline: moment("deadline", deadline) }),
      ...(maxFailures === undefined ? {} : { maxFailures }),
    });
    if (!context.json) printLine(context, `${resumed} runs go on, ${replanned} are planned again`);
    if (!options.detach) return followToEnd(batch, client, options, context);
    if (context.json) printJson(context, { batch, resumed, replanned });
    return { detached: true, code: exitCodes.ok };
  });
}

export async function saveBatchCommand(name: string, options: SaveOptions, context: CommandContext): Promise<number> {
  return withConnection(context, async ({ client }) => {
    const batch = await client.batches.get(await resolveBatch(client, name));
    return finish(batch, client, options, context);
  });
}

interface Done {
  readonly detached: boolean;
  readonly code: number;
}

/** A mill that was started for a batch goes on when the batch is left to itself. */
async function withMill(
  context: CommandContext,
  work: (connection: Awaited<ReturnType<typeof connect>>) => Promise<Done>,
): Promise<number> {
  const connection = await connect(context);
  let detached = false;
  try {
    const done = await work(connection);
    detached = done.detached;
    return done.code;
  } finally {
    if (detached) connection.mill?.leave();
    else await connection.mill?.stop();
  }
}

async function followToEnd(
  started: BatchView,
  client: Client,
  options: SaveOptions,
  context: CommandContext,
  { isSaved = true }: { readonly isSaved?: boolean } = {},
): Promise<Done> {
  const { batch, detached } = await followBatch(started, { client, context });
  if (detached || !isSaved) {
    if (context.json) printJson(context, { batch, outputs: null });
    else if (!detached) for (const line of batchLines(batch)) printLine(context, line);
    return { detached, code: detached ? exitCodes.ok : exitCodeOf(batch) };
  }
  return { detached, code: await finish(batch, client, options, context) };
}

/** Saves what the runs that succeeded have made, each into a folder of its own, and says where. */
async function finish(
  batch: BatchView,
  client: Client,
  options: SaveOptions,
  context: CommandContext,
): Promise<number> {
  const folder = options.output ?? join(context.config.outputDir, `${batch.name}-${batch.id.slice(-8)}`);
  const members = await membersOf(client, batch.id, "succeeded", null);
  const line = createProgressLine(context.err);
  const outputs = [];
  for (const [done, { name, run }] of members.entries()) {
    if (run === null) continue;
    line.show(`saving ${name}`, done, members.length);
    outputs.push(await save(client, await client.getRun(run.id), { ...options, output: join(folder, name) }, context));
  }
  line.end();
  if (context.json) printJson(context, { batch, outputs });
  else {
    for (const text of batchLines(batch)) printLine(context, text);
    for (const file of outputs.flatMap(({ lora }) => lora)) printLine(context, `  LoRA      ${file}`);
    if (outputs.length > 0) printLine(context, `  results   ${folder}`);
    if (batch.state === "failed")
      printLine(context, `  \`loramill batch resume ${batch.id}\` goes on with what failed`);
  }
  return exitCodeOf(batch);
}

function exitCodeOf({ state, counts }: BatchView): number {
  if (state === "cancelled") return exitCodes.cancelled;
  if (state !== "failed") return exitCodes.ok;
  return counts.failed + counts.refused === 0 && counts.exhausted > 0 ? exitCodes.exhausted : exitCodes.failed;
}

/** Members page by page; at most so many, or all. */
async function membersOf(
  client: Client,
  batch: string,
  state: MemberState | undefined,
  most: number | null,
): Promise<BatchMember[]> {
  const members: BatchMember[] = [];
  for (let cursor: string | undefined; ; ) {
    const page = await client.batches.members(batch, {
      limit: most ?? 200,
      ...(state === undefined ? {} : { state }),
      ...(cursor === undefined ? {} : { cursor }),
    });
    members.push(...page.items);
    if (page.next === null || (most !== null && members.length >= most)) return members;
    cursor = page.next;
  }
}
