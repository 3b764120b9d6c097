import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { readBody } from "./read-body.ts";

/** How a server treats one request; without any it behaves. */
export type Misbehaviour =
  | { readonly kind: "status"; readonly status: number; readonly retryAfter?: string; readonly body?: unknown }
  /** Answers rightly, this much later. */
  | { readonly kind: "slow"; readonly milliseconds: number }
  /** 200 with half a JSON document, with another document, or with megabytes. */
  | { readonly kind: "malformed" }
  | { readonly kind: "foreign" }
  | { readonly kind: "huge" }
  /** 200 with an error in it. */
  | { readonly kind: "error-body"; readonly body: unknown }
  /** Closes the connection before or in the middle of the answer. */
  | { readonly kind: "drop" }
  | { readonly kind: "cut" }
  /** Well-formed answers with nothing in them, stopped at the token limit, or refused by the model. */
  | { readonly kind: "say"; readonly content: unknown; readonly finishReason?: string; readonly refusal?: string };

/** An answer with a status of its own, thrown by a route. */
export class Refused extends Error {
  readonly status: number;
  readonly body: unknown;
  constructor(status: number, message: string, body: unknown = { error: { message, type: "invalid_request_error" } }) {
    super(message);
    this.status = status;
    this.body = body;
  }
}

export interface MisbehavingServer {
  /** Without a path. */
  readonly url: string;
  readonly mostAtOnce: number;
  close(): Promise<void>;
}

/** An HTTP server whose routes throw `Refused`; counts how many requests are open. */
export async function startMisbehavingServer(
  answer: (request: IncomingMessage, response: ServerResponse, body: Buffer) => Promise<void>,
): Promise<MisbehavingServer> {
  const load = { now: 0, most: 0 };
  const server = createServer(async (request, response) => {
    load.now += 1;
    load.most = Math.max(load.most, load.now);
    try {
      const body = await readBody(request);
      if (body !== null) await answer(request, response, body);
    } catch (error) {
      const message = String(error instanceof Error ? error.message : error);
      if (error instanceof Refused) sendJson(response, error.status, error.body);
      else sendJson(response, 500, { error: { message, type: "server_error" } });
    } finally {
      load.now -= 1;
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    get mostAtOnce() {
      return load.most;
    },
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Sends a right answer, or what the move makes of it. Moves that `say` something are the caller's: it knows the shape. */
export async function sendAs(response: ServerResponse, move: Misbehaviour | undefined, right: unknown): Promise<void> {
  switch (move?.kind) {
    case "status":
      if (move.retryAfter !== undefined) response.setHeader("retry-after", move.retryAfter);
      return sendJson(response, move.status, move.body ?? { error: { message: `misbehaving with ${move.status}` } });
    case "drop":
      return void response.destroy();
    case "foreign":
      return sendJson(response, 200, { hello: "world" });
    case "error-body":
      return sendJson(response, 200, move.body);
    case "huge":
      return sendJson(response, 200, { choices: [{ message: { content: "a ".repeat(2_000_000) } }] });
    case "malformed":
    case "cut": {
      const half = JSON.stringify(right).slice(0, 20);
      const length: Record<string, string> = move.kind === "cut" ? { "content-length": "400" } : {};
      response.writeHead(200, { "content-type": "application/json", ...length });
      response.write(half);
      return void (move.kind === "cut" ? response.destroy() : response.end());
    }
    case "slow":
      await new Promise((resolve) => setTimeout(resolve, move.milliseconds));
      return sendJson(response, 200, right);
    default:
      return sendJson(response, 200, right);
  }
}

export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  if (response.destroyed) return;
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}
