import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { readBody } from "../backends/read-body.ts";

/** What a receiver does with a message instead of taking it with 204. */
export type ReceiverMove =
  | { readonly kind: "status"; readonly status: number; readonly headers?: Readonly<Record<string, string>> }
  /** Takes the message and breaks the connection without an answer. */
  | { readonly kind: "reset" }
  /** Says nothing until the sender leaves, or `release` is called. */
  | { readonly kind: "silent" }
  /** 200, and then a body without end. */
  | { readonly kind: "endless" }
  /** 200, and then a byte now and again for ever. */
  | { readonly kind: "drip" };

export interface ReceivedMessage {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface WebhookReceiver {
  readonly url: string;
  /** Every message that came whole, in the order in which they came, whatever was answered. */
  readonly received: readonly ReceivedMessage[];
  /** Most messages of a path that were under way at once. */
  mostAtOnce(path: string): number;
  /** For the next messages of a path, one each; afterwards they are taken. */
  misbehave(path: string, ...moves: readonly ReceiverMove[]): void;
  /** For all messages of a path; null: it takes them again. */
  misbehaveAlways(path: string, move: ReceiverMove | null): void;
  /** Answers 204 to all that wait in silence. */
  release(): void;
  close(): Promise<void>;
}

/** A server on 127.0.0.1 that takes webhooks, or does with them what real ones do on bad days. */
export async function startWebhookReceiver(): Promise<WebhookReceiver> {
  const received: ReceivedMessage[] = [];
  const once = new Map<string, ReceiverMove[]>();
  const always = new Map<string, ReceiverMove>();
  const silent = new Set<ServerResponse>();
  const load = new Map<string, { now: number; most: number }>();
  const timers = new Set<NodeJS.Timeout>();

  function answer(move: ReceiverMove | undefined, request: IncomingMessage, response: ServerResponse): void {
    switch (move?.kind) {
      case "status":
        response.writeHead(move.status, move.headers).end("no");
        return;
      case "reset":
        request.socket.resetAndDestroy();
        return;
      case "silent":
        silent.add(response);
        return;
      case "endless":
        pour(response.writeHead(200));
        return;
      case "drip": {
        response.writeHead(200);
        const timer = setInterval(() => response.write("x"), 50);
        timers.add(timer);
        response.on("close", () => clearInterval(timer));
        return;
      }
      case undefined:
        response.writeHead(204).end();
    }
  }

  const server = createServer(async (request, response) => {
    const path = request.url ?? "/";
    const at = load.get(path) ?? { now: 0, most: 0 };
    load.set(path, at);
    at.now += 1;
    at.most = Math.max(at.most, at.now);
    response.on("close", () => {
      at.now -= 1;
      silent.delete(response);
    });
    // The sender may be killed while we answer it.
    response.on("error", () => {});
    const body = await readBody(request);
    if (body === null) return;
    received.push({ path, headers: request.headers, body: body.toString("utf8") });
    answer(once.get(path)?.shift() ?? always.get(path), request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    received,
    mostAtOnce: (path) => load.get(path)?.most ?? 0,
    misbehave: (path, ...moves) => void once.set(path, [...moves]),
    misbehaveAlways: (path, move) => void (move === null ? always.delete(path) : always.set(path, move)),
    release() {
      for (const response of silent) response.writeHead(204).end();
      silent.clear();
    },
    close: () =>
      new Promise((resolve) => {
        for (const timer of timers) clearInterval(timer);
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function pour(response: ServerResponse): void {
  const chunk = Buffer.alloc(64 * 1024);
  const more = () => {
    while (!response.destroyed && response.write(chunk));
  };
  response.on("drain", more);
  more();
}
