import { startFakeRunPodServer } from "@loramill/testkit";
import { expect, it, onTestFinished } from "vitest";
import { createRunPodClient } from "./runpod-client.ts";

const apiKey = "rpa_0123456789abcdef0123";

async function open() {
  const log = ["up", { source: "system" as const, line: "pulling the image" }];
  const server = await startFakeRunPodServer({ apiKey, log });
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

it("changes a pod, and does with it what its state allows", async () => {
  const { pods } = await open();
  const { id } = await pods.create({
    ...{ name: "lm-a", image: "registry.example/trainer:1", gpu: { id: "NVIDIA GeForce RTX 4090", count: 1 } },
    ...{ cloud: "SECURE", disk: 60, ports: ["8690/http"] },
  });
  expect(await pods.change(id, { name: "lm-b", env: { A: "1" } })).toMatchObject({ name: "lm-b", env: { A: "1" } });
  expect(await pods.act(id, "stop")).toMatchObject({ status: "EXITED" });
  await expect(pods.act(id, "restart")).rejects.toMatchObject({ errorClass: "transient" });
  expect(await pods.act(id, "terminate")).toBeNull();
  expect(await pods.find(id)).toBeNull();
});

it("reads the catalogue and the bill of the account", async () => {
  const { gpus, dataCentres, billing } = await open();
  expect(await gpus.find("NVIDIA A40")).toMatchObject({ memory: 48 });
  expect((await dataCentres.list()).map(({ id }) => id)).toEqual(["US-KS-2", "EU-RO-1"]);
  expect(await dataCentres.find("EU-RO-1")).toMatchObject({ region: "EUROPE" });
  expect(await billing.all({ from: new Date(0), to: new Date() })).toEqual([]);
});

it("keeps a registry's credentials, and never reads them", async () => {
  const { registries } = await open();
  const { id } = await registries.create({ name: "ours", username: "u", password: "a-password" });
  expect(await registries.list()).toEqual([{ id, name: "ours" }]);
  expect([await registries.remove(id), await registries.find(id)]).toEqual([true, null]);
});

it("shows an endpoint's workers, its releases and what a worker wrote", async () => {
  const { endpoints } = await open();
  const { id } = await endpoints.create({
    ...{ name: "generator", image: "registry.example/worker:1", type: "QUEUE", gpu: { pools: ["ADA_24"] } },
    scaling: { type: "QUEUE_DELAY", queueDelay: 4 },
  });
  const [worker] = await endpoints.workers(id);
  expect(worker).toMatchObject({ id: "worker1", status: "IDLE" });
  expect(await endpoints.releases(id)).toHaveLength(1);
  expect(await endpoints.logs(id, "worker1", { tail: 5 })).toEqual(["up", "[system] pulling the image"]);
});
