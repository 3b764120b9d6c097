import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What the server does instead of sending the file. */
export type FileMisbehaviour =
  | { readonly kind: "status"; readonly status: number; readonly headers?: Readonly<Record<string, string>> }
  | { readonly kind: "redirect"; readonly to: string; readonly status?: number }
  /** Half of the file, then the connection breaks. */
  | { readonly kind: "cut" }
  /** Says nothing, or nothing after half of the file, until the client leaves. */
  | { readonly kind: "silent" }
  | { readonly kind: "stall" }
  /** One byte every few milliseconds, for ever. */
  | { readonly kind: "drip"; readonly everyMs: number }
  /** As many bytes as are taken, with no length told before. */
  | { readonly kind: "endless" }
  /** The file, with these headers on top. */
  | { readonly kind: "headers"; readonly headers: Readonly<Record<string, string>> }
  /** Waits before it sends the file. */
  | { readonly kind: "late"; readonly afterMs: number };

export interface FileServer {
  readonly url: string;
  /** `GET /a.jpg 200`, in the order in which they were answered. */
  readonly requests: readonly string[];
  /** Most requests that were under way at once. */
  readonly peak: () => number;
  /** Files by path; what is not there is a 404. Files have ETags of their content. */
  readonly files: Map<string, Uint8Array>;
  /** For the next requests of a path, one each; after that the file is sent as it is. `always` for all of them. */
  misbehave(path: string, ...how: readonly FileMisbehaviour[]): void;
  misbehaveAlways(path: string, how: FileMisbehaviour): void;
  close(): Promise<void>;
}

/** A web server on 127.0.0.1 that hands out files and misbehaves on request. */
export async function startFileServer(files: Readonly<Record<string, Uint8Array | string>> = {}): Promise<FileServer> {
  const held = new Map(Object.entries(files).map(([path, content]) => [path, Buffer.from(content)] as const));
  const once = new Map<string, FileMisbehaviour[]>();
  const always = new Map<string, FileMisbehaviour>();
  const requests: string[] = [];
  const timers = new Set<NodeJS.Timeout>();
  let active = 0;
  let peak = 0;

  const after = (ms: number, act: () => void): void => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      act();
    }, ms);
    timers.add(timer);
  };

  function answer(request: IncomingMessage, response: ServerResponse): void {
    const path = new URL(request.url ?? "/", "http://x").pathname;
    active += 1;
    peak = Math.max(peak, active);
    response.on("close", () => {
      active -= 1;
      requests.push(`${request.method} ${request.url} ${response.statusCode}`);
    });
    const file = held.get(path);
    const how = once.get(path)?.shift() ?? always.get(path);
    if (how !== undefined) misbehave(how, request, response, file ?? Buffer.from("x".repeat(1000)));
    else if (file === undefined) response.writeHead(404, { "content-type": "text/plain" }).end("no such file");
    else send(request, response, file);
  }

  function misbehave(how: FileMisbehaviour, request: IncomingMessage, response: ServerResponse, file: Buffer): void {
    const half = file.subarray(0, Math.ceil(file.length / 2));
    switch (how.kind) {
      case "status":
        response.writeHead(how.status, how.headers).end("no");
        return;
      case "redirect":
        response.writeHead(how.status ?? 302, { location: how.to }).end();
        return;
      case "cut":
        response.writeHead(200, { "content-length": file.length });
        response.write(half, () => after(5, () => response.destroy()));
        return;
      case "silent":
        return;
      case "stall":
        response.writeHead(200, { "content-length": file.length });
        response.write(half);
        return;
      case "drip":
        drip(response, how.everyMs);
        return;
      case "endless":
        pour(response);
        return;
      case "headers":
        send(request, response, file, how.headers);
        return;
      case "late":
        after(how.afterMs, () => send(request, response, file));
        return;
    }
  }

  function drip(response: ServerResponse, everyMs: number): void {
    if (response.destroyed) return;
    response.write("x");
    after(everyMs, () => drip(response, everyMs));
  }

  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    peak: () => peak,
    files: held as Map<string, Uint8Array>,
    misbehave: (path, ...how) => void once.set(path, [...how]),
    misbehaveAlways: (path, how) => void always.set(path, how),
    close: () =>
      new Promise((resolve) => {
        for (const timer of timers) clearTimeout(timer);
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function send(
  request: IncomingMessage,
  response: ServerResponse,
  file: Buffer,
  headers: Readonly<Record<string, string>> = {},
): void {
  const etag = `"${createHash("sha256").update(file).digest("hex").slice(0, 16)}"`;
  if (request.headers["if-none-match"] === etag) {
    response.writeHead(304, { etag }).end();
    return;
  }
  response.writeHead(200, {
    etag,
    "content-length": file.length,
    "content-type": "application/octet-stream",
    ...headers,
  });
  response.end(file);
}

function pour(response: ServerResponse): void {
  const chunk = Buffer.alloc(64 * 1024);
  const more = () => {
    while (!response.destroyed && response.write(chunk));
  };
  response.on("drain", more);
  more();
}
