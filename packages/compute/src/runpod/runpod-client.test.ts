import { startFakeRunPodServer } from "@loramill/testkit";
import { expect, it, onTestFinished } from "vitest";
import { createRunPodClient } from "./runpod-client.ts";

const apiKey = "rpa_0123456789abcdef0123";

async function open() {
  const server = await startFakeRunPodServer({ apiKey });
  onTestFinished(async () => {
    // Every request of these tests was right by the vendor's document.
    expect(server.refused).toEqual([]);
    await server.close();
  });
  const clock = { now: () => new Date() };
  const connection = { apiKey, timeoutMs: 60_000, capacityWords: [], clock };
  return createRunPodClient(server.url, connection);
}

it("creates, finds, changes and deletes templates", async () => {
  const { templates } = await open();
  const { id } = await templates.create({
    name: "trainer",
    image: "registry.example/trainer:1",
    disk: 60,
    env: { A: "1" },
  });
  expect(await templates.change(id, { image: "registry.example/trainer:2" })).toMatchObject({ id });
  expect(await templates.find(id)).toMatchObject({ name: "trainer", image: "registry.example/trainer:2" });
  expect(await templates.list()).toHaveLength(1);
  expect([await templates.remove(id), await templates.remove(id)]).toEqual([true, false]);
});

it("creates, scales and deletes serverless endpoints, and takes their addresses from the answer", async () => {
  const { endpoints } = await open();
  const { id, requestUrls } = await endpoints.create({
    name: "generator",
    image: "registry.example/worker:1",
    type: "QUEUE",
    gpu: { pools: ["ADA_24"], count: 1 },
    scaling: { type: "QUEUE_DELAY", queueDelay: 4 },
    workers: { min: 0, max: 3, idleTimeout: 10 },
    timeout: 600_000,
    flashboot: "FLASHBOOT",
  });
  expect(requestUrls?.run).toMatch(/^https:\/\/.+\/run$/);
  expect(await endpoints.scale(id, { min: 0, max: 5 })).toMatchObject({ workers: { max: 5 } });
  expect(await endpoints.find(id)).toMatchObject({ name: "generator" });
  expect(await endpoints.remove(id)).toBe(true);
  expect(await endpoints.find(id)).toBeNull();
});
