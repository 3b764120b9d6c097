import { createHash, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { AgentCancel, AgentPoll, AgentStart, TransientError, toErrorRecord, UserError } from "@loramill/contracts";
import { z } from "zod";
import type { Agent } from "./agent.ts";

export interface AgentServer {
  readonly port: number;
  /** Safe to call twice. */
  close(): Promise<void>;
}

/** A start names every picture of a dataset, with its URL. */
const MAX_BODY_BYTES = 128 * 1024 * 1024;
/** A request must be here within this; answers are short. */
const REQUEST_MS = 60_000;

export interface Listening {
  readonly token: string;
  readonly host: string;
  readonly port: number;
}

/**
 * The agent over HTTP. All but `/healthz` and `/readyz` wants the token; the latter is true once there was a training, so that a
 * scaler can tell an agent that is yet to take one.
 */
export function serveAgent(
  agent: Agent,
  options: Listening & {
    /** Called for each request with the token. */
    readonly heard?: () => void;
  },
): Promise<AgentServer> {
  return serve(options, (request, response) => answer(agent, options, request, response));
}

/** In the place of an agent that could not be opened: says why to who has the token, and to anybody that it is not well. */
export function serveTrouble(why: string, options: Listening): Promise<AgentServer> {
  return serve(options, async (request, response) => {
    const isAsked = isToken(request.headers.authorization, options.token);
    send(response, 503, problem(503, "agent-not-open", isAsked ? why : "this agent could not start: its log says why"));
  });
}

async function serve(
  options: Pick<Listening, "host" | "port">,
  handle: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
): Promise<AgentServer> {
  const server = createServer({ requestTimeout: REQUEST_MS }, (request, response) => {
    handle(request, response).catch((error: unknown) => refuse(response, error));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, options.host, resolve);
  });
  let closing: Promise<void> | null = null;
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      closing ??= new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
      return closing;
    },
  };
}

async function answer(
  agent: Agent,
  { token, heard }: { readonly token: string; readonly heard?: () => void },
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { method = "GET", url = "/" } = request;
  const path = url.split("?")[0] ?? "/";
  if (method === "GET" && path === "/healthz") return send(response, 200, { ok: true });
  if (method === "GET" && path === "/readyz") {
    const { taken } = agent.work();
    return send(response, taken > 0 ? 200 : 503, { taken });
  }
  if (!isToken(request.headers.authorization, token)) {
    const message = "the token is missing or wrong: send Authorization: Bearer with the agent's AGENT_TOKEN";
    return send(response, 401, problem(401, "unauthorised", message));
  }
  heard?.();
  if (method === "GET" && path === "/v1/health") return send(response, 200, await agent.health());
  if (method === "POST" && path === "/v1/jobs") {
    return send(response, 200, await agent.start(await readBody(request, AgentStart)));
  }
  const marker = /^\/v1\/markers\/([^/]{1,400})$/.exec(path)?.[1];
  if (method === "GET" && marker !== undefined)
    return send(response, 200, await agent.find(decodeURIComponent(marker)));
  const [, id = "", verb] = /^\/v1\/jobs\/([\w-]{1,128})\/(poll|cancel)$/.exec(path) ?? [];
  if (method === "POST" && verb === "poll") {
    return send(response, 200, await agent.poll(id, await readBody(request, AgentPoll)));
  }
  if (method === "POST" && verb === "cancel") {
    return send(response, 200, await agent.cancel(id, (await readBody(request, AgentCancel)).epoch));
  }
  send(response, 404, problem(404, "not-found", `there is nothing at ${method} ${path}`));
}

/** By digests of equal length, so that the time it takes says nothing about the token. */
function isToken(header: string | undefined, token: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(header ?? ""), digest(`Bearer ${token}`));
}

async function readBody<T>(request: IncomingMessage, schema: z.ZodType<T>): Promise<T> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) throw new UserError("the request is too large", { code: "body-too-large" });
    chunks.push(chunk);
  }
  let body: unknown;
  try {
    body = JSON.parse(Buffer.concat(chunks).toString("utf8"));
  } catch (cause) {
    throw new UserError("the request is no JSON", { code: "bad-request", cause });
  }
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw new UserError(`the request cannot be read: ${z.prettifyError(parsed.error)}`, { code: "bad-request" });
}

const STATUS_OF: Readonly<Record<string, number>> = {
  "stale-epoch": 409,
  "job-not-found": 404,
  "body-too-large": 413,
  capacity: 503,
};

function refuse(response: ServerResponse, error: unknown): void {
  const record = toErrorRecord(error);
  const status =
    STATUS_OF[record.code] ?? (error instanceof UserError ? 400 : error instanceof TransientError ? 503 : 500);
  if (status === 500) console.error(error);
  send(response, status, problem(status, record.code, record.message));
}

const problem = (status: number, code: string, detail: string) => ({ title: code, status, code, detail });

function send(response: ServerResponse, status: number, body: unknown): void {
  if (response.headersSent) return void response.destroy();
  const type = status < 400 ? "application/json" : "application/problem+json";
  response.writeHead(status, { "content-type": type }).end(JSON.stringify(body));
}
