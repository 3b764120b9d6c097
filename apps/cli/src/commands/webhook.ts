import { setTimeout as wait } from "node:timers/promises";
import {
  type DeliveryDetail,
  type DeliveryState,
  type DeliveryView,
  UserError,
  type WebhookChange,
  WebhookEventType,
  type WebhookView,
} from "@loramill/contracts";
import type { Client } from "@loramill/sdk";
import { withConnection } from "../connect.ts";
import { exitCodes } from "../exit-codes.ts";
import { formatTable, printable, shortTime } from "../format.ts";
import { given } from "../given.ts";
import { moment } from "../moment.ts";
import { type CommandContext, printJson, printLine } from "./context.ts";

/** Webhooks: where events of a project are told, and what came of it. */

interface OfProject {
  readonly project?: string;
}

export interface ChangeWebhookOptions extends OfProject {
  readonly url?: string;
  readonly event?: readonly string[];
  readonly allEvents?: boolean;
  readonly description?: string;
  readonly enable?: boolean;
  readonly disable?: boolean;
}

const POLL_MS = 300;
/** How long a test waits for its message; an attempt lasts 15 s unless the operator says otherwise. */
const TEST_WITHIN_MS = 30_000;

export async function addWebhookCommand(
  url: string,
  { project, event, description }: Omit<ChangeWebhookOptions, "url">,
  context: CommandContext,
): Promise<number> {
  const body = { url, events: event === undefined ? null : eventsOf(event), ...given({ description }) };
  return withConnection(context, async ({ client }) => {
    const made = await client.webhooks.create(body, given({ project }));
    if (context.json) printJson(context, made);
    else
      printSecret(
        made,
        `${made.id} tells ${made.events?.join(", ") ?? "all events"} of project ${made.project}`,
        context,
      );
    return exitCodes.ok;
  });
}

export async function listWebhooksCommand(options: OfProject, context: CommandContext): Promise<number> {
  return withConnection(context, async ({ client }) => {
    const { items } = await client.webhooks.list(options);
    if (context.json) printJson(context, items);
    else if (items.length === 0) printLine(context, "none yet; add one with `loramill webhook add https://…`");
    else {
      const rows = items.map((one) => [
        one.id,
        stateOf(one),
        String(one.pending),
        one.events?.join(", ") ?? "all",
        one.url,
      ]);
      printLine(context, formatTable(["webhook", "state", "pending", "events", "url"], rows));
    }
    return exitCodes.ok;
  });
}

export async function showWebhookCommand(name: string, options: OfProject, context: CommandContext): Promise<number> {
  return withWebhook(name, options, context, async (webhook) => {
    print(webhook, context);
    return exitCodes.ok;
  });
}

export async function changeWebhookCommand(
  name: string,
  options: ChangeWebhookOptions,
  context: CommandContext,
): Promise<number> {
  const { url, event, allEvents, description, enable, disable } = options;
  if (enable && disable) throw new UserError("give either --enable or --disable", { code: "bad-option" });
  const events = allEvents ? null : event === undefined ? undefined : eventsOf(event);
  const change: WebhookChange = given({
    url,
    events,
    description,
    enabled: enable ? true : disable ? false : undefined,
  });
  return withWebhook(name, options, context, async (webhook, client) => {
    print(await client.webhooks.change(webhook.id, change), context);
    return exitCodes.ok;
  });
}

/** 1 when the message did not arrive. */
export async function testWebhookCommand(name: string, options: OfProject, context: CommandContext): Promise<number> {
  return withWebhook(name, options, context, async (webhook, client) => {
    const { message } = await client.webhooks.test(webhook.id);
    const delivery = await settled(client, webhook.id, message, context);
    if (context.json) printJson(context, delivery);
    else printLine(context, `${message} ${outcomeOf(delivery)}`);
    return delivery.state === "delivered" ? exitCodes.ok : exitCodes.failed;
  });
}

export async function rotateWebhookCommand(
  name: string,
  { graceHours, ...options }: OfProject & { graceHours?: number },
  context: CommandContext,
): Promise<number> {
  return withWebhook(name, options, context, async ({ id }, client) => {
    const made = await client.webhooks.rotate(id, given({ graceHours }));
    const old = made.secrets.length > 1 ? `the old secret signs as well until ${made.secrets[1]?.expiresAt}` : "";
    if (context.json) printJson(context, made);
    else printSecret(made, old, context);
    return exitCodes.ok;
  });
}

export async function removeWebhookCommand(name: string, options: OfProject, context: CommandContext): Promise<number> {
  return withWebhook(name, options, context, async ({ id }, client) => {
    const removed = await client.webhooks.remove(id);
    if (context.json) printJson(context, removed);
    else printLine(context, `removed ${id}`);
    return exitCodes.ok;
  });
}

export async function deliveriesCommand(
  name: string,
  options: OfProject & { state?: DeliveryState; event?: string; limit?: number; message?: string },
  context: CommandContext,
): Promise<number> {
  const { state, event: type, limit, message } = options;
  const event = type === undefined ? undefined : eventsOf([type])[0];
  return withWebhook(name, options, context, async ({ id }, client) => {
    if (message !== undefined) {
      printJson(context, await client.webhooks.delivery(id, message));
      return exitCodes.ok;
    }
    const { items } = await client.webhooks.deliveries(id, given({ state, event, limit }));
    if (context.json) printJson(context, items);
    else if (items.length === 0) printLine(context, "nothing was told yet; `loramill webhook test` sends a message");
    else {
      const rows = items.map((one) => [
        one.message,
        one.event,
        shortTime(one.createdAt),
        String(one.attempts),
        outcomeOf(one),
      ]);
      printLine(context, formatTable(["message", "event", "when (UTC)", "attempts", "outcome"], rows));
    }
    return exitCodes.ok;
  });
}

/** One message, or all that failed since a day or a moment. */
export async function redeliverCommand(
  name: string,
  message: string | undefined,
  { since, ...options }: OfProject & { since?: string },
  context: CommandContext,
): Promise<number> {
  if ((message === undefined) === (since === undefined)) {
    throw new UserError("name a message, or give --since for all that failed since then", { code: "bad-option" });
  }
  return withWebhook(name, options, context, async ({ id }, client) => {
    if (message !== undefined) {
      const delivery = await client.webhooks.redeliver(id, message);
      if (context.json) printJson(context, delivery);
      else printLine(context, `${message} is sent again`);
    } else {
      const answer = await client.webhooks.redeliverFailed(id, moment("since", since ?? ""));
      if (context.json) printJson(context, answer);
      else printLine(context, `${answer.messages} messages are sent again`);
    }
    return exitCodes.ok;
  });
}

/** Finds a webhook by its id, the end of it, or its URL. */
async function withWebhook(
  name: string,
  { project }: OfProject,
  context: CommandContext,
  work: (webhook: WebhookView, client: Client) => Promise<number>,
): Promise<number> {
  return withConnection(context, async ({ client }) => {
    if (/^whk_[0-9a-f]{32}$/.test(name)) return work(await client.webhooks.get(name), client);
    const { items } = await client.webhooks.list(given({ project }));
    const matches = items.filter(({ id, url }) => id.endsWith(name) || url === name);
    const [only] = matches;
    if (only !== undefined && matches.length === 1) return work(only, client);
    const why = only === undefined ? "there is no webhook" : `${matches.length} webhooks are`;
    throw new UserError(`${why} ${name}; \`loramill webhook list\` names them`, { code: "not-found" });
  });
}

export function eventsOf(names: readonly string[]): WebhookEventType[] {
  return names.map((name) => {
    const type = WebhookEventType.safeParse(name);
    if (type.success) return type.data;
    throw new UserError(`${name}: choose of ${WebhookEventType.options.join(", ")}`, { code: "bad-option" });
  });
}

/** Waits until a message has been tried. */
async function settled(
  client: Client,
  webhook: string,
  message: string,
  { interrupts }: CommandContext,
): Promise<DeliveryDetail> {
  const until = performance.now() + TEST_WITHIN_MS;
  for (;;) {
    const delivery = await client.webhooks.delivery(webhook, message);
    const isTried = delivery.status !== null || delivery.error !== null || delivery.state !== "pending";
    if (isTried || performance.now() > until) return delivery;
    await wait(POLL_MS, undefined, { signal: interrupts.signal });
  }
}

const stateOf = ({ enabled, failingSince }: WebhookView): string =>
  enabled ? (failingSince === null ? "enabled" : `failing since ${shortTime(failingSince)}`) : "disabled";

function outcomeOf({ state, status, error, durationMs, nextAttemptAt }: DeliveryView): string {
  if (state === "delivered") return `arrived (${status}, ${durationMs} ms)`;
  const why = error === null ? "" : `: ${printable(error)}`;
  if (state === "failed") return `failed${why}`;
  return error === null ? "waits to be sent" : `is tried again at ${shortTime(nextAttemptAt)}${why}`;
}

function print(webhook: WebhookView, context: CommandContext): void {
  if (context.json) {
    printJson(context, webhook);
    return;
  }
  const lines = [
    `${webhook.id} of project ${webhook.project}, ${stateOf(webhook)}`,
    `  url      ${webhook.url}`,
    `  events   ${webhook.events?.join(", ") ?? "all"}`,
    `  pending  ${webhook.pending}`,
    `  secrets  ${webhook.secrets.map(({ createdAt, expiresAt }) => secretOf(createdAt, expiresAt)).join("; ")}`,
    ...(webhook.disabledReason === null ? [] : [`  because  ${printable(webhook.disabledReason)}`]),
    ...(webhook.description === "" ? [] : [`  what     ${printable(webhook.description)}`]),
  ];
  printLine(context, lines.join("\n"));
}

const secretOf = (createdAt: string, expiresAt: string | null): string =>
  `of ${shortTime(createdAt)}${expiresAt === null ? "" : `, until ${shortTime(expiresAt)}`}`;

function printSecret({ secret }: { readonly secret: string }, what: string, context: CommandContext): void {
  if (what !== "") printLine(context, what);
  printLine(context, `secret, shown this once: ${secret}`);
}
