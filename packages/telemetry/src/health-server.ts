import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { JsonObject } from "@loramill/contracts";
import type { Metrics } from "./metrics.ts";

/** The answer of a check; `details` are shown to whoever asks, so they hold no secrets. */
export interface HealthReport {
  readonly ok: boolean;
  readonly details?: JsonObject;
}

export type HealthCheck = () => HealthReport | Promise<HealthReport>;

export interface HealthServerOptions {
  /** Default 127.0.0.1: nobody outside of the machine sees it unless asked for. */
  readonly host?: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly metrics: Metrics;
  /** False asks for a restart of the process; base it on progress, not on other services. */
  readonly live: HealthCheck;
  /** False asks for no new work. */
  readonly ready: HealthCheck;
  /** A check that takes longer has failed. Default 5,000. */
  readonly checkTimeoutMs?: number;
}

export interface HealthServer {
  readonly url: string;
  readonly port: number;
  /** Safe to call twice. */
  stop(): Promise<void>;
}

function send(response: ServerResponse, status: number, body: JsonObject): void {
  response.writeHead(status, { "content-type": "application/json", "cache-control": "no-store" });
  response.end(JSON.stringify(body));
}

/** Runs a check; one that throws or hangs counts as failed. Its error is not shown, it may name hosts. */
async function run(check: HealthCheck, timeoutMs: number): Promise<HealthReport> {
  const timeout = AbortSignal.timeout(timeoutMs);
  const late = once(timeout, "abort").then(() => ({ ok: false, details: { reason: "the check took too long" } }));
  try {
    return await Promise.race([Promise.resolve().then(check), late]);
  } catch {
    return { ok: false, details: { reason: "the check failed" } };
  }
}

/** Serves `/livez`, `/readyz` and `/metrics` of one process. */
export async function startHealthServer(options: HealthServerOptions): Promise<HealthServer> {
  const { host = "127.0.0.1", metrics, checkTimeoutMs = 5_000 } = options;
  const checks: Record<string, HealthCheck> = { "/livez": options.live, "/readyz": options.ready };

  const answer = async (path: string, response: ServerResponse): Promise<void> => {
    const check = Object.hasOwn(checks, path) ? checks[path] : undefined;
    if (check) {
      const { ok, details = {} } = await run(check, checkTimeoutMs);
      send(response, ok ? 200 : 503, { status: ok ? "ok" : "unavailable", ...details });
    } else if (path === "/metrics") {
      const text = await metrics.render();
      response.writeHead(200, { "content-type": metrics.registry.contentType }).end(text);
    } else {
      send(response, 404, { status: "there is /livez, /readyz and /metrics" });
    }
  };

  const server = createServer((request, response) => {
    if (request.method !== "GET" && request.method !== "HEAD") return send(response, 405, { status: "GET only" });
    const path = request.url?.split("?")[0] ?? "/";
    answer(path, response).catch(() => send(response, 500, { status: "the metrics could not be read" }));
  });
  server.listen(options.port, host);
  await once(server, "listening");
  const address = server.address();
  const port = address !== null && typeof address === "object" ? address.port : options.port;
  let stopping: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    const closed = once(server, "close");
    server.close();
    server.closeAllConnections();
    await closed;
  };
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${port}`,
    port,
    stop: () => {
      stopping ??= stop();
      return stopping;
    },
  };
}
