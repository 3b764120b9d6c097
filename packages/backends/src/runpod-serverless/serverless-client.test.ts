import { startFakeRunpodServerless } from "@loramill/testkit";
import { expect, it, onTestFinished } from "vitest";
import { createServerlessClient } from "./serverless-client.ts";

const KEY = "rpa_a-key-that-nobody-may-see";
const input = { workflow: {} };
const { signal } = new AbortController();

async function open() {
  const runpod = await startFakeRunpodServerless({ apiKey: KEY, draw: async () => Buffer.from("png") });
  const { url, endpoint } = runpod;
  const options = { apiKey: KEY, url, endpoint, executionSeconds: 600, ttlSeconds: 3600 };
  const client = createServerlessClient(options, { clock: { now: () => new Date() } });
  onTestFinished(async () => {
    await client.close();
    await runpod.close();
  });
  return { runpod, client };
}

it("asks under a name of its own, which networks before the vendor want", async () => {
  const agents: unknown[] = [];
  const fetch = async (_url: unknown, { headers }: { readonly headers: Readonly<Record<string, string>> }) => {
    agents.push(headers["user-agent"]);
    return Response.json({ jobs: {}, workers: {} });
  };
  const options = { apiKey: KEY, url: "https://api.example/v2", endpoint: "e", executionSeconds: 5, ttlSeconds: 10 };
  const client = createServerlessClient(options, { clock: { now: () => new Date() }, fetch: fetch as never });
  onTestFinished(client.close);
  await client.health();
  expect(agents).toEqual([expect.stringMatching(/^loramill\//)]);
});

it("waits for the end of a job, and leaves one that takes longer to be asked for", async () => {
  const { runpod, client } = await open();
  expect(await client.runSync(input, { waitMs: 90_000, signal })).toMatchObject({ status: "COMPLETED" });
  runpod.misbehave({ kind: "cold", looks: 1 });
  const { id, status } = await client.runSync(input, { waitMs: 1_000, signal });
  expect(status).toBe("IN_QUEUE");
  expect(await client.status(id, signal)).toMatchObject({ status: "COMPLETED" });
  const large = { workflow: {}, images: [{ name: "a", image: "x".repeat(20_000_001) }] };
  await expect(client.runSync(large, { waitMs: 1_000, signal })).rejects.toMatchObject({ code: "payload-too-large" });
});

it("tells what a job has handed out, and nothing of one that is forgotten", async () => {
  const { runpod, client } = await open();
  runpod.misbehave({ kind: "deliver", output: { part: 1 } });
  const id = await client.run(input, signal);
  expect(await client.stream(id, signal)).toMatchObject({ status: "COMPLETED", stream: [{ part: 1 }] });
  expect(await client.stream("nobody", signal)).toBeNull();
});

it("runs a job again that has failed, and no other", async () => {
  const { runpod, client } = await open();
  runpod.misbehave({ kind: "fail", error: "a node broke" });
  const id = await client.run(input, signal);
  expect(await client.status(id, signal)).toMatchObject({ status: "FAILED" });
  await client.retry(id, signal);
  expect(await client.status(id, signal)).toMatchObject({ id, status: "COMPLETED" });
  await expect(client.retry(id, signal)).rejects.toMatchObject({ errorClass: "user", code: "generation-refused" });
});

it("empties the queue", async () => {
  const { runpod, client } = await open();
  runpod.misbehave({ kind: "cold" }, { kind: "cold" });
  const ids = [await client.run(input, signal), await client.run(input, signal)];
  expect(await client.purgeQueue(signal)).toBe(2);
  expect(await client.status(ids[0] ?? "", signal)).toMatchObject({ status: "CANCELLED" });
});
