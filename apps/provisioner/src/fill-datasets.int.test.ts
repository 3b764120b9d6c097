import { startTestServer, type TestServer } from "@loramill/catalog/testing";
import { cacheLayout, layOutPack, PACK_NAME, sha256Hex, TransientError } from "@loramill/contracts";
import { openVolumeFiles } from "@loramill/storage";
import { afterAll, beforeAll, expect, it } from "vitest";
import { MIB, openSyncTrial } from "../test/sync-trial.ts";

const pictures = (count: number, bytes: number, what = "picture") =>
  Array.from({ length: count }, (_, n) => Buffer.alloc(bytes, `the ${what} ${n} of a dataset; `));

let database: TestServer;
beforeAll(async () => {
  database = await startTestServer();
});
afterAll(() => database.stop());
const open = () => openSyncTrial(database);

/** Where the pack of some pictures lies, and what names it. */
function packKeys(contents: readonly Buffer[]): readonly string[] {
  const blobs = contents.map((content) => ({ sha256: sha256Hex(content), bytes: content.length, content }));
  const pack = layOutPack(blobs);
  const order = [...pack.places.keys()].map((sha256) => blobs.find((blob) => blob.sha256 === sha256)?.content);
  const sha256 = sha256Hex(Buffer.concat(order.filter((content) => content !== undefined)));
  return [cacheLayout.file(sha256, PACK_NAME), cacheLayout.pack(pack.pictures, sha256)];
}

it("brings the pictures of a dataset as one file, the same one for every version with these pictures", async () => {
  const { dataset, trainOn, keys, audit, s3, log, look } = await open();
  const requests = () => s3.requests.filter(({ key }) => !key.includes(`/${cacheLayout.heartbeats}/`)).length;
  const some = pictures(250, 2_000);
  await trainOn(await dataset(some));
  await trainOn(await dataset(some.toReversed(), "another caption"));
  await look();
  expect(keys()).toEqual(packKeys(some));
  // A listing, a lock, the file and its name: not nine for each of 250 pictures.
  expect(requests()).toBeLessThan(20);
  expect(await audit()).toMatchObject([{ details: { sent: [expect.any(String)], holds: [] } }]);
  const before = requests();
  await look();
  expect(requests() - before).toBeLessThan(10);
  expect(log.lines.filter(({ level }) => level !== "info")).toEqual([]);
});

it("goes on in the next turn with a pack that was half sent, and reads its pictures for their digest once", async () => {
  const { dataset, trainOn, keys, sentParts, s3, stores, look } = await open();
  const some = pictures(24, MIB / 2);
  await trainOn(await dataset(some));
  let reads = 0;
  const objects = new Proxy(stores.objects, {
    get(target, name, receiver) {
      if (name === "get") reads += 1;
      return Reflect.get(target, name, receiver);
    },
  });
  const counted = { stores: { ...stores, objects } };
  s3.faults.add({ operation: "UploadPart", skip: 1, count: 1_000, fault: { type: "drop", when: "before" } });
  await expect(look(counted)).rejects.toBeInstanceOf(TransientError);
  expect(keys()).toEqual([]);
  s3.faults.clear();
  const before = reads;
  await look(counted);
  expect(reads - before).toBe(24);
  expect(keys()).toEqual(packKeys(some));
  expect(sentParts()).toBe(3);
});

it("wants datasets of trainings that are not over, beside models, as far as there is room", async () => {
  const { catalog, dataset, model, train, trainOn, keys, log, look } = await open();
  const [first, second] = [pictures(4, 3 * MIB, "first"), pictures(4, 3 * MIB, "second")];
  const wanted = await model("some/model", "model.safetensors", 6 * MIB);
  await train("some/model");
  await trainOn(await dataset(first));
  await look();
  expect(keys()).toEqual([wanted, ...packKeys(first)].sort());
  const large = await dataset(second);
  for (let n = 0; n < 2; n += 1) await trainOn(large);
  await look();
  // What two trainings want comes before what one wants.
  expect(log.lines.find(({ level }) => level === "warn")?.details).toMatchObject({ noRoom: [expect.any(String)] });
  expect(keys()).toEqual([wanted, ...packKeys(second)].sort());
  expect((await catalog.fleet.wantedDatasets())[0]).toBe(large);
});

it("takes the name of a pack away when its file has gone, and tells of a dataset whose pictures are lost", async () => {
  const { dataset, trainOn, keys, s3, stores, log, look } = await open();
  const some = pictures(3, 10_000);
  await trainOn(await dataset(some));
  const lost = pictures(2, 9_000, "lost picture");
  await trainOn(await dataset(lost));
  for (const content of lost) await stores.objects.delete(`blobs/${sha256Hex(content)}`);
  await look();
  expect(keys()).toEqual(packKeys(some));
  expect(log.lines.find(({ level }) => level === "warn")?.details).toMatchObject({
    unreadable: [{ dataset: expect.any(String), message: expect.any(String) }],
  });
  const place = { ...s3, folder: "cache", credentialsAdvice: "the keys" };
  const volume = await openVolumeFiles(place);
  const [file = "", name = ""] = packKeys(some);
  await volume.put(name.replace(/[0-9a-f]{64}$/, "0".repeat(64)), Buffer.from("of a file that is gone"), {
    signal: AbortSignal.timeout(60_000),
  });
  await volume.delete(name);
  await look();
  expect(keys()).toEqual([file, name]);
  await volume.close();
});

it("remembers for the planner which models lie on the volume of a region, until nobody has looked for long", async () => {
  const { catalog, deps, model, dataset, train, trainOn, look } = await open();
  const [, sha256] = (await model("some/model", "model.safetensors", 100_000)).split("/");
  expect(await catalog.fleet.volumes(new Date())).toEqual([]);
  await train("some/model");
  await trainOn(await dataset(pictures(2, 1_000)));
  await look();
  const held = [{ provider: "runpod", region: "EU-RO-1", holds: [sha256] }];
  expect(await catalog.fleet.volumes(new Date())).toEqual(held);
  // It is said again each day, though nothing has changed.
  const clock = { now: () => new Date(Date.now() + 25 * 3_600_000) };
  await look({ clock });
  expect(await catalog.fleet.audit.list({ subject: deps.options.volumes[0]?.id ?? "", limit: 9 })).toHaveLength(2);
  expect(await catalog.fleet.volumes(new Date(Date.now() + 47 * 3_600_000))).toEqual(held);
  expect(await catalog.fleet.volumes(new Date(Date.now() + 49 * 3_600_000))).toEqual([]);
});
