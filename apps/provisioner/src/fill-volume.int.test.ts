import { startTestServer, type TestServer } from "@loramill/catalog/testing";
import { TransientError } from "@loramill/contracts";
import { fakeJobContext } from "@loramill/testkit";
import { afterAll, beforeAll, expect, it } from "vitest";
import { MIB, openSyncTrial, SYNC_MS } from "../test/sync-trial.ts";
import { type FillDeps, fillVolume } from "./fill-volume.ts";

let database: TestServer;
beforeAll(async () => {
  database = await startTestServer();
});
afterAll(() => database.stop());

const open = () => openSyncTrial(database);

it("brings what trainings want to the volume, and then finds it there", async () => {
  const { s3, model, train, keys, audit, log, look } = await open();
  const wanted = await model("some/model", "model.safetensors", 11 * MIB);
  await model("other/model", "other.safetensors", 100_000);
  await look();
  expect([s3.requests.length, keys()]).toEqual([0, []]);

  await train("some/model");
  await train("other/model", { backend: "pocket" });
  await train("not/known");
  const { said } = await look();
  expect(said.events).toMatchObject([
    { type: "volume.filled", data: { result: "synced", sent: [expect.any(String)] } },
  ]);
  expect(said.progress.at(-1)).toMatchObject({ doneBytes: 11 * MIB, totalBytes: 11 * MIB, percent: 100 });
  expect(keys()).toEqual([wanted]);
  expect(await audit()).toMatchObject([
    { actor: "provisioner", action: "volume.filled", details: { region: "EU-RO-1", result: "synced", removed: [] } },
  ]);
  const puts = () => s3.requests.filter(({ operation, key }) => /^(Put|Upload)/.test(operation) && /files/.test(key));
  const before = puts().length;
  const again = await look();
  expect(puts()).toHaveLength(before);
  expect(await audit()).toHaveLength(1);
  expect(again).toMatchObject({ afterMs: SYNC_MS, said: { events: [] } });
  expect(log.lines.at(-1)).toMatchObject({ message: "looked at a volume" });
});

it("goes on in the next turn when the line was cut in the middle, and sends no part twice", async () => {
  const { s3, model, train, keys, sentParts, audit, look } = await open();
  const wanted = await model("some/model", "model.safetensors", 11 * MIB);
  await train("some/model");
  s3.faults.add({ operation: "UploadPart", skip: 1, count: 1_000, fault: { type: "drop", when: "before" } });
  await expect(look()).rejects.toBeInstanceOf(TransientError);
  expect(keys()).toEqual([]);
  expect(await audit()).toEqual([]);
  s3.faults.clear();
  await look();
  expect(keys()).toEqual([wanted]);
  expect(sentParts()).toBe(3);
});

it("makes room by what no training wants any more", async () => {
  const { catalog, model, train, keys, audit, look } = await open();
  const first = await model("first/model", "first.safetensors", 11 * MIB);
  const second = await model("second/model", "second.safetensors", 12 * MIB);
  const run = await train("first/model");
  await look();
  expect(keys()).toEqual([first]);
  await catalog.dispatch.moveRun(run, "start", null);
  await catalog.dispatch.moveRun(run, "succeed", null);
  await train("second/model");
  await look({ clock: { now: () => new Date(Date.now() + 14 * 24 * 3_600_000) } });
  expect(keys()).toEqual([second]);
  expect((await audit())[0]?.details).toMatchObject({ result: "synced", removed: [expect.any(String)] });
});

it("says which keys to look at when they are refused, and tries again", async () => {
  const { catalog, deps, look, model, train, s3, keys } = await open();
  const wanted = await model("some/model", "model.safetensors", 100_000);
  await train("some/model");
  const credentials = { ...s3.credentials, secretAccessKey: "another secret" };
  await expect(look({ cache: { ...deps.cache, credentials } })).rejects.toMatchObject({
    ...{ errorClass: "transient", code: "storage-denied" },
    message: expect.stringContaining("check RUNPOD_S3_ACCESS_KEY_ID"),
  });
  const [volume] = deps.options.volumes;
  if (volume === undefined) throw new Error("a volume");
  const volumes = [{ ...volume, id: "another-volume" }, volume];
  await look({ options: { ...deps.options, volumes } });
  expect(keys()).toEqual([wanted]);
  // No machine gets the second volume of a region.
  expect(await catalog.fleet.volumes(new Date())).toMatchObject([{ region: "EU-RO-1", holds: [] }]);
});

it("fills one volume at a time in a process, and comes back to the other soon", async () => {
  const { deps, look, model, train, keys } = await open();
  await model("some/model", "model.safetensors", 100_000);
  await train("some/model");
  await deps.turnstile.enter(async () => {
    expect((await look()).afterMs).toBeLessThan(SYNC_MS);
    expect(keys()).toEqual([]);
  });
  expect((await look()).afterMs).toBe(SYNC_MS);
  expect(keys()).toHaveLength(1);
});

it("tells once of what has no room, and again when that has changed", async () => {
  const { look, model, train } = await open();
  for (const name of ["one", "two"]) {
    await model(`${name}/model`, "model.safetensors", 21 * MIB);
    await train(`${name}/model`);
    const told = [await look(), await look()].flatMap(({ said }) => said.events);
    expect(told).toMatchObject([{ type: "volume.left-out", data: { noRoom: expect.any(Array) } }]);
  }
});

it("ends the job of a volume that the configuration names no more, or that nobody here may fill", async () => {
  const { deps } = await open();
  const [{ id: volume } = { id: "" }] = deps.options.volumes;
  const end = (over: Partial<FillDeps>) => fillVolume({ params: { volume } }, { ...deps, ...over }, fakeJobContext());
  const ended = { items: 0, summary: { volume } };
  expect(await end({ options: { ...deps.options, volumes: [] } })).toMatchObject(ended);
  expect(await end({ options: { ...deps.options, syncMs: null } })).toMatchObject(ended);
  expect(await end({ cache: { ...deps.cache, credentials: null } })).toMatchObject(ended);
});
