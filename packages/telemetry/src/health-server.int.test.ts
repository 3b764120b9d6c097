import { afterEach, expect, test } from "vitest";
import { type HealthServer, type HealthServerOptions, startHealthServer } from "./health-server.ts";
import { createMetrics } from "./metrics.ts";

const servers: HealthServer[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
});

async function start(options: Partial<HealthServerOptions> = {}): Promise<HealthServer> {
  const healthy = () => ({ ok: true });
  const metrics = createMetrics({ processMetrics: false });
  const server = await startHealthServer({ port: 0, metrics, live: healthy, ready: healthy, ...options });
  servers.push(server);
  return server;
}

test("it answers on the loopback with what the checks say", async () => {
  const ready = () => ({ ok: false, details: { catalog: "unreachable" } });
  const { url } = await start({ ready });
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  const [live, readiness] = await Promise.all([fetch(`${url}/livez?verbose`), fetch(`${url}/readyz`)]);
  expect([live.status, await live.json()]).toEqual([200, { status: "ok" }]);
  expect([readiness.status, await readiness.json()]).toEqual([503, { status: "unavailable", catalog: "unreachable" }]);
});

test("a check that throws or hangs is a failed check, and its message is not shown", async () => {
  const live = () => Promise.reject(new Error("postgres://me:secret@host"));
  const { url } = await start({ live, ready: () => new Promise(() => undefined), checkTimeoutMs: 20 });
  const answers = await Promise.all(["/livez", "/readyz"].map((path) => fetch(url + path)));
  expect(answers.map(({ status }) => status)).toEqual([503, 503]);
  expect(await Promise.all(answers.map((answer) => answer.json()))).toEqual([
    { status: "unavailable", reason: "the check failed" },
    { status: "unavailable", reason: "the check took too long" },
  ]);
});

test("metrics are served as Prometheus text", async () => {
  const metrics = createMetrics({ processMetrics: false });
  metrics.setBacklog([{ queue: "train", jobs: { waiting: 3 }, oldestWaitSeconds: 1, lostWorkers: 0 }]);
  const { url } = await start({ metrics });
  const answer = await fetch(`${url}/metrics`);
  expect(answer.headers.get("content-type")).toContain("text/plain");
  expect(await answer.text()).toContain('loramill_backlog_jobs{queue="train",state="waiting"} 3');
});

test("other paths and methods are refused", async () => {
  const { url } = await start();
  const answers = await Promise.all([
    fetch(`${url}/`),
    fetch(`${url}/toString`),
    fetch(`${url}/livez`, { method: "POST" }),
  ]);
  expect(answers.map(({ status }) => status)).toEqual([404, 404, 405]);
});

test("stop ends open connections and may be called twice", async () => {
  const server = await start();
  await (await fetch(`${server.url}/livez`)).text(); // leaves a kept-alive connection
  await Promise.all([server.stop(), server.stop()]);
  await expect(fetch(`${server.url}/livez`)).rejects.toThrow();
});

test("a port that is taken is an error of the start", async () => {
  const { port } = await start();
  await expect(start({ port })).rejects.toThrow("EADDRINUSE");
});
