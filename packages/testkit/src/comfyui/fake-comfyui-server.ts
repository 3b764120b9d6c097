import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { readBody } from "../backends/read-body.ts";
import { type ComfyUiMove, isExecutionMove, planMoves } from "./comfyui-moves.ts";
import { createRoutes, type Reply } from "./comfyui-routes.ts";
import { createComfyUiSockets } from "./comfyui-sockets.ts";
import type { FakeComfyUiOptions } from "./fake-comfyui-options.ts";
import { plainPreviewFrame, previewFrame, previewPng } from "./preview-frames.ts";
import { type PromptRunner, startPromptRunner } from "./prompt-runner.ts";

export interface FakeComfyUiServer {
  readonly url: string;
  readonly runner: PromptRunner;
  /** `POST /prompt`, in order. */
  readonly requests: readonly string[];
  /** Ids of the prompts that were queued; twice when one was sent twice. */
  readonly submitted: readonly string[];
  /** Requests that were never answered. */
  readonly hanging: number;
  /** Sockets that are open now, and all there ever were. */
  readonly sockets: number;
  readonly connected: number;
  /** From now on sockets connect and are told nothing. */
  deafen(): void;
  misbehave(...moves: readonly ComfyUiMove[]): void;
  close(): Promise<void>;
}

/** A ComfyUI server of version 0.33 with the nodes that training and saving need, and with its habits. */
export async function startFakeComfyUiServer(options: FakeComfyUiOptions = {}): Promise<FakeComfyUiServer> {
  const { auth, basePath = "", stepMs = 1, historyLimit = 10_000 } = options;
  const requests: string[] = [];
  const submitted: string[] = [];
  const moves = planMoves();
  let hanging = 0;
  const sockets = createComfyUiSockets();
  const runner = startPromptRunner({
    stepMs,
    historyLimit,
    tell: ({ clientId }, type, data) => sockets.tell(clientId, type, data),
    show: ({ clientId, id: promptId }, { node, value, max }) => {
      const png = previewPng(value, max);
      const bad = moves.take("bad-preview")?.frame;
      const plain = bad ?? plainPreviewFrame(png);
      const described = bad ?? previewFrame(png, { promptId, node });
      sockets.show(clientId, { plain, described: options.plainPreviews ? plain : described });
    },
    onRestart: sockets.closeAll,
  });
  const route = createRoutes({ options, runner, moves, submitted });

  /** What the proxy or the server refuse before they look at the route; null lets it pass. */
  function refusal(request: IncomingMessage, url: URL): Reply | null {
    if (auth !== undefined && request.headers[auth.header.toLowerCase()] !== auth.value) {
      return { status: 401, body: "unauthorized" };
    }
    if (!url.pathname.startsWith(`${basePath}/`)) return { status: 404, body: "" };
    const { origin, host } = request.headers;
    const isForeign = origin !== undefined && URL.parse(origin)?.host !== host;
    return isForeign || request.headers["sec-fetch-site"] === "cross-site" ? { status: 403, body: "" } : null;
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(request);
    if (body === null) return;
    const url = new URL(request.url ?? "/", "http://comfyui");
    const path = url.pathname.slice(basePath.length);
    requests.push(`${request.method} ${url.pathname}`);
    if (moves.take("hang", path) !== undefined) {
      hanging += 1;
      return;
    }
    const status = moves.take("status", path);
    const planned: Reply | null =
      status === undefined
        ? null
        : { status: status.status, body: "no", headers: { "retry-after": status.retryAfter ?? "0" } };
    const reply = refusal(request, url) ?? planned ?? route(request, url, path, body);
    if (reply === "break") response.destroy();
    else send(response, reply);
  }

  function connect(request: IncomingMessage, stream: Duplex): void {
    const url = new URL(request.url ?? "/", "http://comfyui");
    if (refusal(request, url) !== null || url.pathname !== `${basePath}/ws`) stream.destroy();
    else sockets.connect(request, stream, url.searchParams.get("clientId") ?? "");
  }

  const server = createServer(answer);
  server.on("upgrade", connect);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;

  return {
    url: `http://127.0.0.1:${port}${basePath}`,
    runner,
    requests,
    submitted,
    get hanging() {
      return hanging;
    },
    get sockets() {
      return sockets.count;
    },
    get connected() {
      return sockets.connected;
    },
    deafen: sockets.deafen,
    misbehave(...next) {
      for (const move of next) {
        if (isExecutionMove(move)) runner.moves.push(move);
        else moves.add(move);
      }
    },
    async close() {
      sockets.closeAll();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await runner.stop();
      await closed;
    },
  };
}

function send(response: ServerResponse, { status, body, headers, cut = false }: Reply): void {
  const isFile = Buffer.isBuffer(body);
  const bytes = isFile ? body : Buffer.from(typeof body === "string" ? body : JSON.stringify(body));
  const type = isFile ? "application/octet-stream" : typeof body === "string" ? "text/plain" : "application/json";
  response.writeHead(status, { "content-type": type, "content-length": bytes.length, ...headers });
  if (cut) response.write(bytes.subarray(0, bytes.length / 2), () => setTimeout(() => response.destroy(), 5));
  else response.end(bytes);
}
