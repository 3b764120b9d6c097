import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BlobRef } from "@loramill/contracts";
import { openStores, openVolumeFiles } from "@loramill/storage";
import { startS3Server, waitUntil } from "@loramill/testkit";
import { expect, it, onTestFinished } from "vitest";
import { openVolumeLoras } from "./volume-loras.ts";

const MiB = 1024 ** 2;
const HOUR_MS = 3_600_000;
const { signal } = new AbortController();
const media = { mediaType: "application/octet-stream" };

/** A store with LoRAs, and the volume of an endpoint; time passes for it and for us. */
async function open({ maxBytes = 100 * MiB } = {}) {
  let aheadMs = 0;
  const now = () => new Date(Date.now() + aheadMs);
  const folder = await mkdtemp(join(tmpdir(), "volume-loras-"));
  const stores = await openStores({ url: folder, sync: "never" });
  const s3 = await startS3Server({ region: "EU-RO-1", now });
  const closers: (() => Promise<void>)[] = [];
  onTestFinished(async () => {
    for (const close of closers) await close();
    await s3.stop();
    await stores.close();
    await rm(folder, { recursive: true, force: true });
  });
  const place = { ...s3, folder: "models/loras", credentialsAdvice: "the keys", partBytes: 5 * MiB };
  const byHand = await openVolumeFiles(place);
  closers.push(() => byHand.close());
  return {
    ...{ s3, byHand },
    pass: (ms: number) => {
      aheadMs += ms;
    },
    lora: (name: string, bytes: number) => stores.blobs.put(Buffer.alloc(bytes, `the LoRA ${name}; `), media),
    /** A process that draws. */
    start(attempts = 3) {
      const loras = openVolumeLoras(
        { open: () => openVolumeFiles({ ...place, attempts }), maxBytes },
        { objects: stores.objects, clock: { now } },
      );
      closers.push(loras.close);
      return loras;
    },
    files: () => s3.contents().keys.filter((key) => key.endsWith(".safetensors")),
    count: (operation: string) => s3.requests.filter((one) => one.operation === operation && one.status === 200).length,
  };
}

const pathOf = ({ sha256 }: BlobRef) => `models/loras/loramill-${sha256.slice(0, 32)}.safetensors`;

it("brings a LoRA once, however many requests and processes want it", async () => {
  const { start, lora, files, s3, pass } = await open();
  const red = await lora("red", 40_000);
  const [one, other] = [start(), start()];
  await Promise.all([one, one, one].map((loras) => loras.bring(red, signal)));
  expect(files()).toEqual([pathOf(red)]);
  const puts = () =>
    s3.requests.filter(({ operation, key }) => operation === "PutObject" && key === pathOf(red)).length;
  await other.bring(red, signal);
  const before = s3.requests.length;
  await one.bring(red, signal);
  expect([puts(), s3.requests.length - before]).toEqual([1, 0]);
  // Its use is noted again now and then.
  pass(2 * HOUR_MS);
  await one.bring(red, signal);
  expect([puts(), s3.requests.length > before]).toEqual([1, true]);
});

it("goes on with one that broke off, and replaces what is not whole", async () => {
  const { start, lora, files, s3, count, byHand } = await open();
  const large = await lora("large", 11 * MiB);
  s3.faults.add({ operation: "UploadPart", skip: 1, count: 1_000, fault: { type: "drop", when: "before" } });
  await expect(start(1).bring(large, signal)).rejects.toMatchObject({ errorClass: "transient" });
  expect(files()).toEqual([]);
  s3.faults.clear();
  await byHand.put(pathOf(large).replace("models/loras/", ""), Buffer.from("half of it"));
  await start().bring(large, signal);
  expect(files()).toEqual([pathOf(large)]);
  expect(count("UploadPart")).toBe(3);
});

it("is brought by the next who waits when the first is stopped", async () => {
  const { start, lora, files, s3 } = await open();
  const red = await lora("red", 40_000);
  const loras = start();
  const stopped = new AbortController();
  s3.faults.add({ operation: "PutObject", fault: { type: "hang" } });
  const first = loras.bring(red, stopped.signal);
  const second = loras.bring(red, signal);
  await waitUntil("a request that hangs", () => s3.faults.hits() > 0, { timeoutMs: 60_000 });
  stopped.abort(new Error("the job was cancelled"));
  await expect(first).rejects.toThrow();
  await second;
  expect(files()).toEqual([pathOf(red)]);
});

it("makes room by what was used longest ago, and leaves what was used within a day and what others put there", async () => {
  const { start, lora, files, pass, s3, byHand } = await open({ maxBytes: 5 * MiB });
  const [a, b, c, d] = await Promise.all(["a", "b", "c", "d"].map((name) => lora(name, 2 * MiB)));
  if (!a || !b || !c || !d) throw new Error("four LoRAs");
  const loras = start();
  await byHand.put("by-hand.safetensors", Buffer.alloc(MiB));
  await loras.bring(a, signal);
  await loras.bring(b, signal);
  pass(30 * HOUR_MS);
  // One that is wanted again is used now.
  await loras.bring(a, signal);
  await loras.bring(c, signal);
  const foreign = "models/loras/by-hand.safetensors";
  expect(files()).toEqual([foreign, pathOf(a), pathOf(c)].sort());
  // A picture is worth more than the limit.
  await loras.bring(d, signal);
  expect(files()).toEqual([foreign, pathOf(a), pathOf(c), pathOf(d)].sort());
  expect(s3.contents().keys).not.toContain(`models/loras/loramill-used/loramill-${b.sha256.slice(0, 32)}`);
});
