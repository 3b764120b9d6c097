import { DeliveryState, UserError } from "@loramill/contracts";
import type { Command } from "commander";
import { commandsOf } from "./command-group.ts";
import type { Does } from "./commands/context.ts";
import type { ChangeWebhookOptions } from "./commands/webhook.ts";
import type { ListenOptions } from "./commands/webhook-listen.ts";
import { collect, number } from "./option-values.ts";

const webhookCommands = () => import("./commands/webhook.ts");
const webhookListenCommands = () => import("./commands/webhook-listen.ts");

interface OfProject {
  readonly project?: string;
}

const EXAMPLE = "https://example.com/loramill";

/** `loramill webhook …`: events told to receivers outside, and what came of it. */
export function addWebhookCommands(parent: Command, does: Does): void {
  const command = commandsOf(
    commandsOf(parent)("webhook", "events told to receivers outside", "loramill webhook list"),
  );
  const ofProject = (made: Command) => made.option("--project <project>", "of this project; default: default");
  const ofWebhook = (name: string, description: string, ...examples: string[]) =>
    ofProject(command(name, description, ...examples).argument("<webhook>", "id, the end of an id, or its URL"));

  ofProject(
    command(
      "add",
      "tell events of a project to a receiver; prints the secret that it checks them with",
      `loramill webhook add ${EXAMPLE}`,
      `loramill webhook add ${EXAMPLE} --event run.succeeded --event run.failed --project toys`,
    ).argument("<url>", "where messages are sent"),
  )
    .option("--event <type>", "tell this event; again for another; default: all", collect)
    .option("--description <text>", "what it is for")
    .action((url: string, options: ChangeWebhookOptions) =>
      does(async (context) => (await webhookCommands()).addWebhookCommand(url, options, context)),
    );
  ofProject(command("list", "webhooks of a project", "loramill webhook list --json")).action((options: OfProject) =>
    does(async (context) => (await webhookCommands()).listWebhooksCommand(options, context)),
  );
  ofWebhook("show", "one webhook", `loramill webhook show ${EXAMPLE}`).action((name: string, options: OfProject) =>
    does(async (context) => (await webhookCommands()).showWebhookCommand(name, options, context)),
  );
  ofWebhook("change", "change, disable or enable a webhook", `loramill webhook change ${EXAMPLE} --enable`)
    .option("--url <url>", "tell events there instead")
    .option("--event <type>", "tell this event instead; again for another", collect)
    .option("--all-events", "tell all events")
    .option("--description <text>", "what it is for")
    .option("--enable", "tell it what happens from now on")
    .option("--disable", "tell it nothing any more")
    .action((name: string, options: ChangeWebhookOptions) =>
      does(async (context) => (await webhookCommands()).changeWebhookCommand(name, options, context)),
    );
  ofWebhook("test", "send it a message and see whether it arrives", `loramill webhook test ${EXAMPLE}`).action(
    (name: string, options: OfProject) =>
      does(async (context) => (await webhookCommands()).testWebhookCommand(name, options, context)),
  );
  ofWebhook("rotate", "replace its secret", `loramill webhook rotate ${EXAMPLE} --grace-hours 48`)
    .option("--grace-hours <hours>", "how long the old secret signs as well; default: 24", number)
    .action((name: string, options: OfProject & { graceHours?: number }) =>
      does(async (context) => (await webhookCommands()).rotateWebhookCommand(name, options, context)),
    );
  ofWebhook(
    "deliveries",
    "what was told to it, newest first",
    `loramill webhook deliveries ${EXAMPLE} --state failed --limit 20`,
  )
    .option("--state <state>", "pending, delivered or failed", deliveryState)
    .option("--event <type>", "of this event only")
    .option("--limit <count>", "how many", number)
    .option("--message <id>", "this message with its body, as JSON")
    .action((name: string, options: OfProject & { state?: DeliveryState; event?: string; limit?: number }) =>
      does(async (context) => (await webhookCommands()).deliveriesCommand(name, options, context)),
    );
  ofWebhook(
    "redeliver",
    "send a message again, or all that failed since a moment",
    `loramill webhook redeliver ${EXAMPLE} --since 2026-11-21`,
  )
    .argument("[message]", "id of a message")
    .option("--since <time>", "all that failed since this day (UTC) or moment")
    .action((name: string, message: string | undefined, options: OfProject & { since?: string }) =>
      does(async (context) => (await webhookCommands()).redeliverCommand(name, message, options, context)),
    );
  ofWebhook("remove", "tell it nothing any more, and forget it", `loramill webhook remove ${EXAMPLE}`).action(
    (name: string, options: OfProject) =>
      does(async (context) => (await webhookCommands()).removeWebhookCommand(name, options, context)),
  );
  ofProject(
    command(
      "listen",
      "take webhooks on a port of this machine and print them, until Ctrl-C",
      "loramill webhook listen --event run.failed",
    ),
  )
    .option("--event <type>", "tell this event; again for another; default: all", collect)
    .option("--port <port>", "of 127.0.0.1; default: a free one", number)
    .option("--url <url>", "how the API reaches that port, such as the address of a tunnel")
    .action((options: ListenOptions) =>
      does(async (context) => (await webhookListenCommands()).listenCommand(options, context)),
    );
}

function deliveryState(text: string): DeliveryState {
  const state = DeliveryState.safeParse(text);
  if (state.success) return state.data;
  throw new UserError(`--state ${text}: choose one of ${DeliveryState.options.join(", ")}`, { code: "bad-option" });
}
