import { type RunPodMove, runpodOperations, startFakeRunPodServer } from "@loramill/testkit";
import { Response, type fetch as undiciFetch } from "undici";
import { describe, expect, it, onTestFinished } from "vitest";
import { createRunPodClient, type RunPodClient } from "./runpod-client.ts";

const apiKey = "rpa_0123456789abcdef0123";
const clock = { now: () => new Date("2026-11-20T10:00:00Z") };
const between = { from: new Date("2026-11-19T00:00:00Z"), to: new Date("2026-11-20T00:00:00Z") };
const image = "registry.example/trainer:1";

interface Call {
  /** As the vendor's document names it. */
  readonly route: string;
  readonly ask: (client: RunPodClient) => Promise<unknown>;
  /** What is answered where there is no such thing; left out, it is an error. */
  readonly missing?: null | false;
  /** A stream, which is asked for once. */
  readonly isStream?: true;
}

const pod = {
  name: "lm-a",
  image,
  gpu: { id: "NVIDIA A40", count: 1 },
  cloud: "SECURE",
  disk: 60,
  ports: ["8690/http"],
};
const endpoint = {
  ...{ name: "e", image, type: "QUEUE" as const, gpu: { pools: ["ADA_24"] } },
  scaling: { type: "QUEUE_DELAY", queueDelay: 4 },
} as const;

const calls: readonly Call[] = [
  { route: "GET /v2/pods", ask: ({ pods }) => pods.list() },
  { route: "POST /v2/pods", ask: ({ pods }) => pods.create(pod) },
  { route: "GET /v2/pods/{id}", ask: ({ pods }) => pods.find("x"), missing: null },
  { route: "PATCH /v2/pods/{id}", ask: ({ pods }) => pods.change("x", { name: "lm-b" }) },
  { route: "POST /v2/pods/{id}/action", ask: ({ pods }) => pods.act("x", "stop") },
  { route: "DELETE /v2/pods/{id}", ask: ({ pods }) => pods.remove("x"), missing: false },
  { route: "GET /v2/pods/{id}/logs", ask: ({ pods }) => pods.logs("x", { tail: 1 }), isStream: true },
  { route: "GET /v2/catalog/gpus", ask: ({ gpus }) => gpus.list("SECURE") },
  { route: "GET /v2/catalog/gpus/{id}", ask: ({ gpus }) => gpus.find("NVIDIA A40"), missing: null },
  { route: "GET /v2/catalog/datacenters", ask: ({ dataCentres }) => dataCentres.list() },
  { route: "GET /v2/catalog/datacenters/{id}", ask: ({ dataCentres }) => dataCentres.find("x"), missing: null },
  { route: "GET /v2/network-volumes", ask: ({ volumes }) => volumes.list() },
  {
    route: "POST /v2/network-volumes",
    ask: ({ volumes }) => volumes.create({ name: "v", size: 10, dataCenter: "US-KS-2" }),
  },
  { route: "GET /v2/network-volumes/{id}", ask: ({ volumes }) => volumes.find("x"), missing: null },
  { route: "PATCH /v2/network-volumes/{id}", ask: ({ volumes }) => volumes.grow("x", 20) },
  { route: "DELETE /v2/network-volumes/{id}", ask: ({ volumes }) => volumes.remove("x"), missing: false },
  { route: "GET /v2/templates", ask: ({ templates }) => templates.list() },
  { route: "POST /v2/templates", ask: ({ templates }) => templates.create({ name: "t", image }) },
  { route: "GET /v2/templates/{id}", ask: ({ templates }) => templates.find("x"), missing: null },
  { route: "PATCH /v2/templates/{id}", ask: ({ templates }) => templates.change("x", { image }) },
  { route: "DELETE /v2/templates/{id}", ask: ({ templates }) => templates.remove("x"), missing: false },
  { route: "GET /v2/registries", ask: ({ registries }) => registries.list() },
  {
    route: "POST /v2/registries",
    ask: ({ registries }) => registries.create({ name: "r", username: "u", password: "p" }),
  },
  { route: "GET /v2/registries/{id}", ask: ({ registries }) => registries.find("x"), missing: null },
  { route: "DELETE /v2/registries/{id}", ask: ({ registries }) => registries.remove("x"), missing: false },
  { route: "GET /v2/serverless", ask: ({ endpoints }) => endpoints.list() },
  { route: "POST /v2/serverless", ask: ({ endpoints }) => endpoints.create(endpoint) },
  { route: "GET /v2/serverless/{id}", ask: ({ endpoints }) => endpoints.find("x"), missing: null },
  { route: "PATCH /v2/serverless/{id}", ask: ({ endpoints }) => endpoints.scale("x", { min: 0, max: 2 }) },
  { route: "DELETE /v2/serverless/{id}", ask: ({ endpoints }) => endpoints.remove("x"), missing: false },
  { route: "GET /v2/serverless/{id}/workers", ask: ({ endpoints }) => endpoints.workers("x") },
  { route: "GET /v2/serverless/{id}/releases", ask: ({ endpoints }) => endpoints.releases("x") },
  {
    route: "GET /v2/serverless/{id}/workers/{workerId}/logs",
    ask: ({ endpoints }) => endpoints.logs("x", "y", { tail: 1 }),
    isStream: true,
  },
  { route: "GET /v2/billing", ask: ({ billing }) => billing.all(between) },
  { route: "GET /v2/billing/pods", ask: ({ billing }) => billing.pods({ ...between, podId: "x" }) },
  { route: "GET /v2/billing/network-volumes", ask: ({ billing }) => billing.volumes(between) },
  { route: "GET /v2/billing/serverless", ask: ({ billing }) => billing.endpoint("ep1", between) },
];

/** Operations of the vendor's that are not called, and why. */
const LEFT_OUT: Readonly<Record<string, RegExp>> = {
  "pods of many machines: a training runs on one": /^\w+ \/v2\/(billing\/)?clusters/,
  "machines without a GPU": /^GET \/v2\/catalog\/cpus/,
  "the vendor's own images: ours is FLEET_IMAGE": /^GET \/v2\/catalog\/templates$/,
  "rights of AWS: an image's registry is named by its credentials": /^\w+ \/v2\/registries\/delegations/,
  "keys of the whole account, which a PUT replaces: nothing here opens a shell": /^\w+ \/v2\/account\/ssh-keys$/,
  "public endpoints, of which none is asked": /^GET \/v2\/billing\/endpoints$/,
};

describe("the vendor's document", () => {
  const called = new Set(calls.map(({ route }) => route));
  const reasonsFor = (route: string) => Object.values(LEFT_OUT).filter((reason) => reason.test(route));
  const all = [...runpodOperations.described, ...runpodOperations.others];

  it.each(all)("has a call for %s, or a reason why there is none", (route) => {
    expect([...reasonsFor(route), ...(called.has(route) ? ["a call"] : [])]).toHaveLength(1);
  });

  it("has every operation that is called, and gives every reason something to leave out", () => {
    expect([...called].filter((route) => !all.includes(route))).toEqual([]);
    for (const reason of Object.values(LEFT_OUT)) expect(all.some((route) => reason.test(route))).toBe(true);
  });
});

const status = (code: number, headers?: Record<string, string>): RunPodMove => ({
  ...{ kind: "status", status: code },
  ...(headers && { headers }),
});
const permanent = (code: string) => ({ errorClass: "permanent", code });
const transient = (code: string, retryAfterMs?: number) => ({
  ...{ errorClass: "transient", code },
  ...(retryAfterMs !== undefined && { retryAfterMs }),
});

/** Every shape in which RunPod, the network before it, or the line says no, and what it becomes. */
const shapes: readonly { readonly move: RunPodMove; readonly error: { readonly errorClass: string } }[] = [
  { move: status(400), error: permanent("request-refused") },
  { move: status(401), error: permanent("provider-key-refused") },
  { move: status(402), error: permanent("payment-required") },
  { move: status(403), error: permanent("offer-forbidden") },
  { move: { kind: "network" }, error: permanent("provider-network-refused") },
  { move: status(404), error: permanent("not-found") },
  { move: status(413), error: permanent("request-invalid") },
  { move: status(422), error: permanent("request-invalid") },
  { move: status(429, { "retry-after": "7" }), error: transient("rate-limited", 7_000) },
  {
    move: status(429, { ratelimit: '"minute";r=0;t=12, "hour";r=2800;t=1812' }),
    error: transient("rate-limited", 12_000),
  },
  { move: { kind: "no-capacity" }, error: transient("capacity") },
  { move: status(500), error: transient("provider-failed") },
  { move: status(503), error: transient("provider-failed") },
  { move: { kind: "proxy", status: 524 }, error: transient("provider-timeout") },
  { move: { kind: "lost" }, error: transient("provider-unreachable") },
  { move: { kind: "drop" }, error: transient("provider-unreachable") },
];

const TRIES = 3;

describe.each(calls)("$route", ({ route, ask, missing, isStream }) => {
  it("tells every refusal by its class and code, asks again only what may be asked twice, and sends only what is right", async () => {
    const server = await startFakeRunPodServer({ apiKey });
    onTestFinished(server.close);
    const sleep = async () => {};
    const client = createRunPodClient(server.url, {
      ...{ apiKey, timeoutMs: 60_000, capacityWords: ["no longer any instances"], clock, sleep },
    });
    for (const { move, error } of shapes) {
      const before = server.requests.length;
      server.misbehave(route, ...Array.from({ length: TRIES }, () => move));
      const answer = ask(client);
      const isMissing = missing !== undefined && move.kind === "status" && move.status === 404;
      if (isMissing) expect(await answer).toBe(missing);
      else await expect(answer, JSON.stringify(move)).rejects.toMatchObject(error);
      const isAskedAgain = error.errorClass === "transient" && !route.startsWith("POST") && !isStream;
      const asked = server.requests.length - before;
      expect(asked, JSON.stringify(move)).toBe(isAskedAgain ? TRIES : 1);
      // What was not asked for is not left for the next shape.
      server.behave(route);
    }
    expect(server.refused).toEqual([]);
  });
});

describe("answers that are none", () => {
  const client = (answer: () => Response) =>
    createRunPodClient("https://api.example/v2", {
      ...{ apiKey, timeoutMs: 60_000, capacityWords: [], clock, sleep: async () => {} },
      fetch: (async () => answer()) as unknown as typeof undiciFetch,
    });

  it.each([
    ["half a document", '{"pods": ['],
    ["another shape", '{"pods": [{"id": 1}]}'],
    ["nothing", ""],
    ["a page of a proxy", "<html></html>"],
  ])("%s is a passing trouble, never an empty list", async (_what, body) => {
    const answer = client(() => new Response(body)).pods.list();
    await expect(answer).rejects.toMatchObject({ errorClass: "transient", code: "bad-answer" });
  });

  it("a log that breaks off is a passing trouble", async () => {
    const broken = new ReadableStream({
      pull: (stream) => stream.error(new TypeError("terminated")),
    });
    const answer = client(() => new Response(broken as never)).pods.logs("x", { tail: 1 });
    await expect(answer).rejects.toMatchObject({ errorClass: "transient", code: "provider-unreachable" });
  });

  it("a log whose stream is never opened is a passing trouble, unless its caller has called off", async () => {
    const connection = { apiKey, timeoutMs: 20, capacityWords: [], clock };
    const silent = (_url: unknown, { signal }: { readonly signal: AbortSignal }) =>
      new Promise((_, fail) => {
        signal.throwIfAborted();
        signal.addEventListener("abort", () => fail(signal.reason));
      });
    const { pods } = createRunPodClient("https://api.example/v2", { ...connection, fetch: silent as never });
    const late = { errorClass: "transient", code: "provider-timeout" };
    await expect(pods.logs("x", { tail: 1 })).rejects.toMatchObject(late);
    const signal = AbortSignal.abort(new Error("called off"));
    await expect(pods.logs("x", { tail: 1, signal })).rejects.toThrow("called off");
  });

  it.each([
    { hasNextPage: true },
    { hasNextPage: true, nextCursor: null },
    { hasNextPage: true, nextCursor: "" },
    "next",
  ])("a list of which the rest cannot be asked for is no list (%o)", async (pagination) => {
    const answer = client(() => Response.json({ pods: [], pagination })).pods.list();
    await expect(answer).rejects.toMatchObject({ errorClass: "transient", code: "bad-answer" });
  });

  it.each([null, {}, { hasNextPage: false }, { hasNextPage: null, nextCursor: null }])(
    "a list that names no further page is whole (%o)",
    async (pagination) => {
      expect(await client(() => Response.json({ pods: [], pagination })).pods.list()).toEqual([]);
    },
  );

  const pod = { id: "pod1", name: "lm-a", status: "RUNNING", cost: 0.69, createdAt: "2026-11-20T09:00:00Z" };

  it.each([
    { cloud: null, runtime: { uptime: -1 }, ports: null, startedAt: "never" },
    { gpu: null, env: null, dataCenterId: 7, cost: "free" },
    { gpu: { id: "NVIDIA A40", count: "one" }, env: { A: 1 } },
  ])("a pod with odd values where nothing is decided by them is a pod (%o)", async (odd) => {
    const { pods } = client(() => Response.json({ pods: [{ ...pod, ...odd }] }));
    expect(await pods.list()).toMatchObject([{ id: "pod1", name: "lm-a" }]);
  });

  it.each([{ name: null }, { createdAt: "yesterday" }, { status: 7 }])(
    "a list with a pod that cannot be known again is none: it may be the one that is looked for (%o)",
    async (odd) => {
      const answer = client(() => Response.json({ pods: [pod, { ...pod, ...odd }] })).pods.list();
      await expect(answer).rejects.toMatchObject({ code: "bad-answer" });
    },
  );

  it("a GPU that cannot be read is no offer, and hides no other", async () => {
    const gpu = { id: "NVIDIA A40", memory: 48, secure: true, community: false, price: { secure: 0.44 } };
    const { gpus } = client(() => Response.json({ gpus: [gpu, { ...gpu, id: "NVIDIA B40", memory: "much" }] }));
    expect(await gpus.list("SECURE")).toMatchObject([{ id: "NVIDIA A40" }]);
  });

  it("a list that goes round in circles ends", async () => {
    const pagination = { hasNextPage: true, nextCursor: "again" };
    const answer = client(() => Response.json({ networkVolumes: [], pagination })).volumes.list();
    await expect(answer).rejects.toMatchObject({ errorClass: "permanent", code: "bad-answer" });
  });
});

it.each([
  ["pods", (client: RunPodClient) => client.pods.list()],
  ["gpus", (client: RunPodClient) => client.gpus.list("SECURE")],
  ["networkVolumes", (client: RunPodClient) => client.volumes.list()],
  ["templates", (client: RunPodClient) => client.templates.list()],
  ["endpoints", (client: RunPodClient) => client.endpoints.list()],
  ["dataCenters", (client: RunPodClient) => client.dataCentres.list()],
  ["registries", (client: RunPodClient) => client.registries.list()],
  ["records", (client: RunPodClient) => client.billing.pods(between)],
])("%s are read page after page, with what was asked for on each", async (key, list) => {
  const asked: URL[] = [];
  const pages = [
    { nextCursor: "two", hasNextPage: true },
    { hasNextPage: false, nextCursor: null },
  ];
  const fetch = async (url: unknown) => {
    asked.push(new URL(String(url)));
    return Response.json({ [key]: [], pagination: pages[asked.length - 1] });
  };
  const connection = { apiKey, timeoutMs: 60_000, capacityWords: [], clock };
  await list(createRunPodClient("https://api.example/v2", { ...connection, fetch: fetch as never }));
  expect(asked.map(({ searchParams }) => searchParams.get("cursor"))).toEqual([null, "two"]);
  for (const url of asked) url.searchParams.delete("cursor");
  expect(asked[0]?.href).toBe(asked[1]?.href);
});
