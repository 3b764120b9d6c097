import type { IncomingMessage, ServerResponse } from "node:http";
import { startMisbehavingServer } from "../backends/misbehave.ts";
import { createFakeRunPodAccount } from "./fake-runpod-account.ts";
import { type FakeGpu, usualGpus } from "./fake-runpod-catalogue.ts";
import type { FakeRunPodMachines } from "./fake-runpod-machines.ts";
import { playMove, problem, type RunPodMove, send, withGraphQlErrors } from "./fake-runpod-moves.ts";
import type { FakePod } from "./fake-runpod-pods.ts";
import type { EndpointBill } from "./fake-runpod-things.ts";
import { answerProblems, matchOperation, requestProblems } from "./runpod-openapi.ts";

export interface FakeRunPodServer {
  /** Of the REST API, with its version, and of the older one. */
  readonly url: string;
  readonly graphqlUrl: string;
  /** Every pod that was ever rented. */
  readonly pods: readonly FakePod[];
  /** Requests that the vendor's document has something against, with what; all were refused. */
  readonly refused: readonly string[];
  /** Every request that came, as `METHOD /path`. */
  readonly requests: readonly string[];
  /** The next requests to a route such as `POST /v2/pods` or `POST /graphql` are treated so, in this order. */
  misbehave(route: string, ...moves: readonly RunPodMove[]): void;
  /** What was still to be done to a route is forgotten. */
  behave(route: string): void;
  /** The machine is taken: the pod has stopped, and stays listed. */
  preempt(id: string): void;
  /** The pod is gone, and nobody says why. */
  vanish(id: string): void;
  close(): Promise<void>;
}

export interface FakeRunPodOptions {
  readonly apiKey: string;
  readonly now?: () => Date;
  readonly gpus?: readonly FakeGpu[];
  /** From its creation until a pod runs; default 0. */
  readonly bootMs?: number;
  /** Pods of one page of the list; left out, it has no pages, as in the vendor's document. */
  readonly pageSize?: number;
  /** What every pod wrote: of its container, or what the machine says of it. */
  readonly log?: readonly (string | { readonly source: "container" | "system"; readonly line: string })[];
  /** Of its books; default an hour, as the vendor has it. */
  readonly bucketMs?: number;
  /** For how long a pod is in no list after its creation, though it can be asked for by its id; default not at all. */
  readonly listBehindMs?: number;
  /** For how long its books say nothing of what was spent; default not at all. */
  readonly booksBehindMs?: number;
  /** What its books say of serverless endpoints. */
  readonly endpointBill?: readonly EndpointBill[];
  /** What befalls a request to a route when it was told of none by `misbehave`; left out, nothing does. */
  readonly trouble?: (route: string) => RunPodMove | undefined;
  /** What runs on its pods; left out, nothing does. Its answers go to requests under `/proxy/<pod>/<port>/`. */
  readonly machines?: FakeRunPodMachines;
}

/** The vendor's own limit. */
const MAX_BODY_BYTES = 102_400;

/**
 * RunPod's REST API, version 2, as far as a fleet uses it, and the part of its GraphQL that rents spot pods. Requests are held
 * against the vendor's OpenAPI document and refused with 400 where it has something against them; so are the fake's own answers.
 */
export async function startFakeRunPodServer(options: FakeRunPodOptions): Promise<FakeRunPodServer> {
  const {
    apiKey,
    now = () => new Date(),
    gpus = usualGpus,
    bootMs = 0,
    pageSize,
    log = [],
    bucketMs,
    listBehindMs = 0,
    booksBehindMs = 0,
    endpointBill = [],
    trouble = () => undefined,
    machines,
  } = options;
  const account = createFakeRunPodAccount({
    ...{ now, gpus, bootMs, pageSize, bucketMs, listBehindMs, booksBehindMs, endpointBill },
    onRent: (pod) => machines?.boot(pod),
    onEnd: (pod) => machines?.end(pod),
  });
  const refused: string[] = [];
  const requests: string[] = [];
  const moves = new Map<string, RunPodMove[]>();
  async function handle(request: IncomingMessage, response: ServerResponse, raw: Buffer): Promise<void> {
    const url = new URL(request.url ?? "/", "http://localhost");
    const method = request.method ?? "GET";
    if (machines !== undefined && url.pathname.startsWith("/proxy/")) return machines.answer(request, response, raw);
    requests.push(`${method} ${url.pathname}`);
    if (request.headers.authorization !== `Bearer ${apiKey}`)
      return send(response, 401, problem(401, "invalid API key"));
    const body: unknown = raw.length === 0 ? undefined : JSON.parse(raw.toString("utf8"));
    const isGraphQl = url.pathname === "/graphql";
    const operation = isGraphQl ? { route: `${method} /graphql`, id: undefined } : matchOperation(method, url.pathname);
    if (operation === null) return send(response, 404, problem(404, `no ${method} ${url.pathname}`));
    const { route, id } = operation;
    const move = moves.get(route)?.shift() ?? trouble(route);
    const heard = await playMove(move, response);
    if (heard === "done") return;
    if (isGraphQl) return send(response, 200, withGraphQlErrors(account.graphql(body), move));
    if (raw.length > MAX_BODY_BYTES) return send(response, 413, problem(413, "the body is too large"));
    const query = new URLSearchParams(url.searchParams);
    if (pageSize !== undefined) query.delete("cursor");
    const problems = requestProblems(route, query, body);
    if (problems.length > 0) {
      refused.push(`${route}: ${problems.join("; ")}`);
      return send(response, 400, problem(400, "the request is not valid", problems));
    }
    if (route.endsWith("/logs")) {
      const only = query.get("source");
      const lines = log.filter((one) => only === null || only === (typeof one === "string" ? "container" : one.source));
      return heard === "unheard" ? undefined : sendLog(response, lines);
    }
    const { status, body: made } = account.answer(route, id, url.searchParams, body);
    const own = answerProblems(route, status, made);
    if (own.length > 0) throw new Error(`the fake answers ${route} wrongly: ${own.join("; ")}`);
    send(response, status, made);
  }

  const server = await startMisbehavingServer(handle);
  return {
    url: `${server.url}/v2`,
    graphqlUrl: `${server.url}/graphql`,
    pods: account.pods,
    refused,
    requests,
    misbehave: (route, ...next) => void moves.set(route, [...(moves.get(route) ?? []), ...next]),
    behave: (route) => void moves.delete(route),
    preempt: account.preempt,
    vanish: account.vanish,
    close: server.close,
  };
}

/** Server-sent events that go on, as the vendor's do. */
function sendLog(response: ServerResponse, log: NonNullable<FakeRunPodOptions["log"]>): void {
  response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
  for (const one of log) {
    const said = typeof one === "string" ? { source: "container", line: one } : one;
    response.write(`id: 1\ndata: ${JSON.stringify({ ...said, ts: "2026-01-01T00:00:00Z" })}\n\n`);
  }
}
