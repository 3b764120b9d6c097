import { startTestServer, type TestServer } from "@loramill/catalog/testing";
import { waitUntil } from "@loramill/testkit";
import { afterAll, beforeAll, expect, it } from "vitest";
import { MIB, openSyncTrial } from "../test/sync-trial.ts";
import { provisionerConfig } from "./config.ts";
import { startSync } from "./sync.ts";
import { syncRound } from "./sync-round.ts";

const { signal } = new AbortController();

let database: TestServer;
beforeAll(async () => {
  database = await startTestServer();
});
afterAll(() => database.stop());

const open = () => openSyncTrial(database);

it("brings what trainings want to the volume, and then finds it there", async () => {
  const { deps, s3, model, train, keys, audit, log } = await open();
  const wanted = await model("some/model", "model.safetensors", 11 * MIB);
  await model("other/model", "other.safetensors", 100_000);
  await syncRound(deps, signal);
  expect([s3.requests.length, keys()]).toEqual([0, []]);

  await train("some/model");
  await train("other/model", { backend: "pocket" });
  await train("not/known");
  await syncRound(deps, signal);
  expect(keys()).toEqual([wanted]);
  expect(await audit()).toMatchObject([
    { actor: "provisioner", action: "volume.filled", details: { region: "EU-RO-1", result: "synced", removed: [] } },
  ]);
  const puts = () => s3.requests.filter(({ operation, key }) => /^(Put|Upload)/.test(operation) && /files/.test(key));
  const before = puts().length;
  await syncRound(deps, signal);
  expect(puts()).toHaveLength(before);
  expect(await audit()).toHaveLength(1);
  expect(log.lines.at(-1)).toMatchObject({ message: "looked at a volume" });
});

it("goes on in the next round when the line was cut in the middle, and sends no part twice", async () => {
  const { deps, s3, model, train, keys, sentParts, audit, log } = await open();
  const wanted = await model("some/model", "model.safetensors", 11 * MIB);
  await train("some/model");
  s3.faults.add({ operation: "UploadPart", skip: 1, count: 1_000, fault: { type: "drop", when: "before" } });
  await syncRound(deps, signal);
  expect(keys()).toEqual([]);
  expect(await audit()).toEqual([]);
  expect(log.lines.map(({ message }) => message)).toContain("a volume could not be filled; it is tried again");
  s3.faults.clear();
  await syncRound(deps, signal);
  expect(keys()).toEqual([wanted]);
  expect(sentParts()).toBe(3);
});

it("makes room by what no training wants any more", async () => {
  const { catalog, deps, model, train, keys, audit } = await open();
  const first = await model("first/model", "first.safetensors", 11 * MIB);
  const second = await model("second/model", "second.safetensors", 12 * MIB);
  const run = await train("first/model");
  await syncRound(deps, signal);
  expect(keys()).toEqual([first]);
  await catalog.dispatch.moveRun(run, "start", null);
  await catalog.dispatch.moveRun(run, "succeed", null);
  await train("second/model");
  const inTwoWeeks = { ...deps, clock: { now: () => new Date(Date.now() + 14 * 24 * 3_600_000) } };
  await syncRound(inTwoWeeks, signal);
  expect(keys()).toEqual([second]);
  expect((await audit())[0]?.details).toMatchObject({ result: "synced", removed: [expect.any(String)] });
});

it("tries the next volume when the keys of one are refused, and says which to look at", async () => {
  const { catalog, deps, model, train, log, s3, keys } = await open();
  const wanted = await model("some/model", "model.safetensors", 100_000);
  await train("some/model");
  const [volume] = deps.options.volumes;
  if (volume === undefined) throw new Error("a volume");
  const volumes = [{ ...volume, id: "unknown-volume" }, { ...volume, region: "EU-SE-1" }, volume];
  const refused = { ...deps.cache, credentials: { ...s3.credentials, secretAccessKey: "another secret" } };
  await syncRound({ ...deps, cache: refused }, signal);
  expect(log.lines.at(-1)?.details).toMatchObject({
    code: "storage-denied",
    message: expect.stringContaining("check RUNPOD_S3_ACCESS_KEY_ID"),
  });
  await syncRound({ ...deps, options: { ...deps.options, volumes } }, signal);
  expect(keys()).toEqual([wanted]);
  // No machine gets the second volume of a region.
  expect(await catalog.fleet.volumes(new Date())).toMatchObject([{ region: "EU-RO-1", holds: [] }]);
});

it("goes on by itself in one provisioner of several, when the configuration says so", async () => {
  const { catalog, deps, model, train, keys, audit, log } = await open();
  const wanted = await model("some/model", "model.safetensors", 100_000);
  const optionsOf = (env: Record<string, string>) => ({
    ...provisionerConfig.options(provisionerConfig.env.parse(env)),
    volumes: deps.options.volumes,
  });
  const parts = { ...deps, catalog, options: optionsOf({ FLEET_SYNC_SECONDS: "1" }) };
  expect(startSync({ ...parts, options: optionsOf({}) })).toBeNull();
  expect(() => startSync({ ...parts, options: { ...parts.options, volumes: [] } })).toThrow("FLEET_VOLUMES: set it");
  const keyless = { ...deps.cache, credentials: null };
  expect(() => startSync({ ...parts, cache: keyless })).toThrow("RUNPOD_S3_ACCESS_KEY_ID and");

  const running = [startSync(parts), startSync(parts)];
  await train("some/model");
  const patiently = { timeoutMs: 60_000 };
  await waitUntil("the volume to be filled", () => keys().includes(wanted), patiently);
  const looked = () => log.lines.filter(({ message }) => message === "looked at a volume").length >= 2;
  await waitUntil("another look at it", looked, patiently);
  for (const sync of running) await sync?.stop();
  await running[0]?.stop();
  expect(await audit()).toHaveLength(1);
  expect(log.lines.filter(({ level }) => level !== "info")).toEqual([]);
});
