import {
  type BulkAction,
  type BulkChange,
  BulkChangeRequest,
  formatMicroUsd,
  specProblems,
  UserError,
} from "@loramill/contracts";
import type { Client } from "@loramill/sdk";
import { confirm } from "../confirm.ts";
import { withConnection } from "../connect.ts";
import { exitCodes } from "../exit-codes.ts";
import { formatTable } from "../format.ts";
import { moment } from "../moment.ts";
import { resolveBatch } from "../resolve-batch.ts";
import { type CommandContext, printJson, printLine } from "./context.ts";

/** Which runs, and whether a person is asked. */
export interface BulkOptions {
  readonly project?: string;
  readonly state?: readonly string[];
  readonly batch?: string;
  readonly name?: string;
  readonly before?: string;
  readonly after?: string;
  readonly code?: string;
  readonly limit?: number;
  readonly yes?: boolean;
}

/** Runs that a preview names on the terminal. */
const SHOWN_RUNS = 10;

/** Shows which runs would be changed and what is at stake, asks, and changes them. */
export async function bulkChangeCommand(
  action: BulkAction,
  options: BulkOptions,
  context: CommandContext,
): Promise<number> {
  return withConnection(context, async ({ client }) => {
    const change = await client.bulkChanges.preview(await requestOf(action, options, client));
    if (!context.json) await showPreview(change, client, context);
    const isAgreed = change.count > 0 && (await agree(change, options, context));
    if (!isAgreed) {
      if (context.json) printJson(context, change);
      else if (isAgreed === null) printLine(context, "nothing was changed: --yes changes them");
      else if (change.count > 0) printLine(context, "nothing was changed");
      return exitCodes.ok;
    }
    const applied = await client.bulkChanges.apply(change);
    if (context.json) printJson(context, applied);
    else showOutcome(applied, context);
    return exitCodes.ok;
  });
}

/** Whether it is to be done; null where nobody can be asked. */
async function agree(change: BulkChange, { yes }: BulkOptions, context: CommandContext): Promise<boolean | null> {
  if (yes) return true;
  return context.json || !process.stdin.isTTY ? null : confirm(question(change), context);
}

async function requestOf(action: BulkAction, options: BulkOptions, client: Client): Promise<BulkChangeRequest> {
  const { project, state, batch, name, before, after, code, limit } = options;
  const parsed = BulkChangeRequest.safeParse({
    action,
    filter: {
      ...(project === undefined ? {} : { project }),
      ...(state === undefined ? {} : { states: state.flatMap((each) => each.split(",")) }),
      ...(batch === undefined ? {} : { batch: await resolveBatch(client, batch) }),
      ...(name === undefined ? {} : { name }),
      ...(before === undefined ? {} : { createdBefore: moment("before", before) }),
      ...(after === undefined ? {} : { createdAfter: moment("after", after) }),
      ...(code === undefined ? {} : { errorCode: code }),
    },
    ...(limit === undefined ? {} : { limit }),
  });
  if (parsed.success) return parsed.data;
  const problems = specProblems(parsed.error.issues).map(({ field, message }) => `${field}: ${message}`);
  throw new UserError(problems.join("\n  "), { code: "bad-option" });
}

const WORDS: Readonly<Record<BulkAction["kind"], { readonly ask: string; readonly done: string }>> = {
  cancel: { ask: "cancel", done: "are being cancelled" },
  resume: { ask: "resume", done: "go on" },
  priority: { ask: "change the priority of", done: "have their new priority" },
};

const question = ({ action, count }: BulkChange): string => `${WORDS[action.kind].ask} ${count} runs?`;

async function showPreview(change: BulkChange, client: Client, context: CommandContext): Promise<void> {
  const { count, matching, states, spentMicroUsd, reservedMicroUsd, outstandingMicroUsd } = change;
  const byState = Object.entries(states).map(([state, runs]) => `${runs} ${state}`);
  printLine(
    context,
    `${matching} runs match, ${count} of them would change${count > 0 ? `: ${byState.join(", ")}` : ""}`,
  );
  if (count === 0) return;
  printLine(
    context,
    `they have cost ${formatMicroUsd(spentMicroUsd)}; ${formatMicroUsd(reservedMicroUsd)} is set aside for their jobs at work, ` +
      `and ${formatMicroUsd(outstandingMicroUsd)} of what they were quoted is not spent`,
  );
  const { items } = await client.bulkChanges.runs(change.id, { limit: SHOWN_RUNS });
  printLine(
    context,
    formatTable(
      ["run", "state", "name"],
      items.map(({ run, was, name }) => [run, was, name]),
    ),
  );
  if (count > items.length) printLine(context, `… and ${count - items.length} more`);
}

function showOutcome({ action, outcome }: BulkChange, context: CommandContext): void {
  if (outcome === null) return;
  printLine(context, `${outcome.changed} runs ${WORDS[action.kind].done}`);
  for (const { run, name, was, is } of outcome.skipped) {
    printLine(context, `  left alone: ${name} (${run}), which was ${was} and is ${is ?? "gone"} now`);
  }
}
