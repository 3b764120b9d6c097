import { startTestServer, type TestServer } from "@loramill/catalog/testing";
import { Parked, type RunId } from "@loramill/contracts";
import { keepLog, waitUntil } from "@loramill/testkit";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openSyncTrial } from "../test/sync-trial.ts";
import { workOn } from "../test/work-on.ts";
import { fillVolume } from "./fill-volume.ts";
import { keepVolumes } from "./keep-volumes.ts";

let database: TestServer;
beforeAll(async () => {
  database = await startTestServer();
});
afterAll(() => database.stop());

it("gives each volume one run, however many provisioners look, and another when that has ended", async () => {
  const { catalog, deps, model, train, keys } = await openSyncTrial(database);
  const log = keepLog();
  const parts = { catalog, log, cache: deps.cache, options: { ...deps.options, syncMs: 50 } };
  const [{ id: volume } = { id: "" }] = deps.options.volumes;
  const runs = async () =>
    (await catalog.runs.list({ limit: 100 })).items.filter(({ name }) => name === `fill-${volume}`);
  const running = [keepVolumes(parts), keepVolumes(parts)];
  await waitUntil("a run of the volume", async () => (await runs()).length === 1);

  const [run] = await runs();
  const wanted = await model("some/model", "model.safetensors", 100_000);
  await train("some/model");
  const input = { inputs: {}, params: { volume } };
  const job = await workOn(catalog, run?.id as RunId, { name: "fill-volume", queue: "provision", input });
  expect(await job.take((ctx) => fillVolume(input, deps, ctx))).toBeInstanceOf(Parked);
  expect(keys()).toEqual([wanted]);
  await job.take((ctx) => fillVolume(input, { ...deps, options: { ...deps.options, volumes: [] } }, ctx));
  await catalog.dispatch.moveRun(run?.id as RunId, "succeed", null);
  await waitUntil("another run of the volume", async () => (await runs()).length === 2);
  for (const one of running) await one?.stop();
  await running[0]?.stop();
  expect(log.lines.map(({ message }) => message)).toEqual(["a volume is kept filled", "a volume is kept filled"]);
});

it("is left out without FLEET_SYNC_SECONDS, and says what is missing with it", async () => {
  const { catalog, deps } = await openSyncTrial(database);
  const { options, cache } = deps;
  const log = keepLog();
  const parts = { catalog, log, cache, options };
  expect(keepVolumes({ ...parts, options: { ...options, syncMs: null } })).toBeNull();
  expect(() => keepVolumes({ ...parts, options: { ...options, volumes: [] } })).toThrow("FLEET_VOLUMES: set it");
  expect(() => keepVolumes({ ...parts, cache: { ...cache, credentials: null } })).toThrow(
    "RUNPOD_S3_ACCESS_KEY_ID and",
  );
  const far = { id: "far-volume", region: "EU-SE-1", path: "/workspace" };
  await keepVolumes({ ...parts, options: { ...options, volumes: [far] } })?.stop();
  expect(log.lines).toMatchObject([{ level: "warn", details: { volume: "far-volume" } }]);
});
