import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { UserError, type WebhookMessage } from "@loramill/contracts";
import { readWebhook } from "@loramill/sdk";
import { withConnection } from "../connect.ts";
import { exitCodes } from "../exit-codes.ts";
import { shortTime } from "../format.ts";
import { given } from "../given.ts";
import { type CommandContext, printLine } from "./context.ts";
import { eventsOf } from "./webhook.ts";

export interface ListenOptions {
  readonly project?: string;
  readonly event?: readonly string[];
  readonly port?: number;
  readonly url?: string;
}

/** Messages are thin; what is larger is no message of ours. */
const MAX_BODY_BYTES = 1_000_000;

/**
 * Takes webhooks on a port of this machine and prints those whose signature is right, until Ctrl-C. The webhook is made for
 * that time and removed afterwards.
 */
export async function listenCommand(options: ListenOptions, context: CommandContext): Promise<number> {
  const events = options.event === undefined ? null : eventsOf(options.event);
  const secrets: string[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on("data", (chunk: Buffer) => {
      bytes += chunk.byteLength;
      if (bytes <= MAX_BODY_BYTES) chunks.push(chunk);
      else request.destroy();
    });
    request.on("error", () => {});
    request.on("end", () => {
      try {
        print(readWebhook(secrets, { headers: request.headers, body: Buffer.concat(chunks) }), context);
        response.writeHead(204).end();
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        context.err.write(`loramill: ${error.message}\n`);
        response.writeHead(400).end();
      }
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port ?? 0, "127.0.0.1", resolve);
  });
  try {
    return await withConnection(context, async ({ client }) => {
      const url = options.url ?? `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
      const body = { url, events, description: "loramill webhook listen" };
      const made = await client.webhooks.create(body, given({ project: options.project }));
      secrets.push(made.secret);
      context.err.write(`${made.id} tells ${url}; Ctrl-C ends it\n`);
      try {
        await untilInterrupted(context);
      } finally {
        await client.webhooks.remove(made.id);
      }
      return exitCodes.ok;
    });
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

async function untilInterrupted({ interrupts }: CommandContext): Promise<void> {
  const interrupted = Promise.withResolvers<void>();
  const giveBack = interrupts.take(() => interrupted.resolve());
  await interrupted.promise;
  giveBack();
}

function print(message: WebhookMessage & { readonly id: string }, context: CommandContext): void {
  if (context.json) printLine(context, JSON.stringify(message));
  else printLine(context, `${shortTime(message.timestamp)}  ${message.type}  ${JSON.stringify(message.data)}`);
}
