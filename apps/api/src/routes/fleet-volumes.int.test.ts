import type { Catalog } from "@loramill/catalog";
import { createRunPodProvider, runpodConfig } from "@loramill/compute";
import { JsonObject } from "@loramill/contracts";
import { type FakeRunPodServer, startFakeRunPodServer } from "@loramill/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ofProject, type ServedRoutes, serveRoutes } from "../../test/serve-routes.ts";
import { fleetVolumeRoutes } from "./fleet-volumes.ts";

const apiKey = "rpa_0123456789abcdef0123";

let runpod: FakeRunPodServer;
let catalog: Catalog;
let routes: ServedRoutes;
beforeAll(async () => {
  runpod = await startFakeRunPodServer({ apiKey });
  const options = runpodConfig.options(runpodConfig.env.parse({ RUNPOD_API_URL: runpod.url }));
  const { volumes } = createRunPodProvider(options, { apiKey, clock: { now: () => new Date() } });
  routes = await serveRoutes(fleetVolumeRoutes, { volumes });
  catalog = routes.catalog;
});
afterAll(async () => {
  await routes.close();
  await runpod.close();
});

async function ask(method: "GET" | "POST" | "DELETE", path = "", body?: JsonObject, headers = {}) {
  const payload = body === undefined ? {} : { payload: body };
  const answer = await routes.server.inject({ method, url: `/v1/fleet/volumes${path}`, headers, ...payload });
  return { status: answer.statusCode, body: JsonObject.parse(answer.json()) };
}

test("volumes are rented once, grown, listed and deleted, and the audit has who did it", async () => {
  const wanted = { name: "models", region: "EU-RO-1", gigabytes: 100 };
  const made = { provider: "runpod", id: "vol1", name: "models", region: "EU-RO-1", bytes: 100e9 };
  expect(await ask("POST", "", wanted)).toEqual({ status: 200, body: made });
  expect((await ask("POST", "", wanted)).body).toEqual(made);
  expect((await ask("POST", "/vol1/grow", { gigabytes: 200 })).body).toEqual({ ...made, bytes: 200e9 });
  expect(await ask("POST", "/vol1/grow", { gigabytes: 50 })).toMatchObject({ body: { code: "volume-cannot-shrink" } });
  expect((await ask("GET")).body).toEqual({ items: [{ ...made, bytes: 200e9 }] });
  expect(await ask("DELETE", "/vol1")).toMatchObject({ status: 200, body: { id: "vol1" } });
  expect(await ask("DELETE", "/vol1")).toMatchObject({ status: 404, body: { code: "not-found" } });
  const audit = await catalog.fleet.audit.list({ limit: 10 });
  const actions = ["volume.remove", "volume.grow", "volume.create", "volume.create"];
  expect(audit.map(({ action }) => action)).toEqual(actions);
  expect(new Set(audit.map(({ subject }) => subject))).toEqual(new Set(["vol1"]));
  expect(runpod.refused).toEqual([]);
});

test("what is not a size or a data centre is refused before anything is asked, and so is a project's key", async () => {
  const before = runpod.requests.length;
  for (const wrong of [{ gigabytes: 5 }, { gigabytes: 10.5 }, { region: "europe" }]) {
    const { status } = await ask("POST", "", { name: "models", region: "EU-RO-1", gigabytes: 100, ...wrong });
    expect(status).toBe(400);
  }
  expect(await ask("GET", "", undefined, ofProject)).toMatchObject({ body: { code: "forbidden" } });
  expect(runpod.requests).toHaveLength(before);
});

test("what the provider refuses is told as it says it", async () => {
  runpod.misbehave("POST /v2/network-volumes", { kind: "status", status: 402, detail: "insufficient balance" });
  const answer = await ask("POST", "", { name: "more", region: "EU-RO-1", gigabytes: 10 });
  expect(answer.body).toMatchObject({
    code: "payment-required",
    detail: expect.stringContaining("insufficient balance"),
  });
});
