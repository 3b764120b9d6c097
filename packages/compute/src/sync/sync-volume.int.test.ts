import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cacheLayout, type Digest, layOutPack, PACK_NAME, sha256Hex, type VolumeFiles } from "@loramill/contracts";
import { openStores, openVolumeFiles } from "@loramill/storage";
import { type S3Server, startS3Server } from "@loramill/testkit";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { digestPack } from "./read-blobs.ts";
import { type SyncRequest, type SyncResult, syncVolume, type WantedFile } from "./sync-volume.ts";

const PART = 5 * 1024 * 1024;
const MiB = 1024 ** 2;

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

let folder: string;
let stores: Awaited<ReturnType<typeof openStores>>;
const files = new Map<string, WantedFile>();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sync-volume-"));
  stores = await openStores({ url: folder, sync: "never" });
  for (const [name, bytes] of [
    ["base.safetensors", 11 * MiB],
    ["lora.safetensors", 40_000],
    ["ae.safetensors", 2 * MiB],
  ] as const) {
    const content = Buffer.alloc(bytes, `the bytes of ${name}, which nobody else has; `);
    const { sha256 } = await stores.blobs.put(content, { mediaType: "application/octet-stream" });
    files.set(name, { sha256, bytes, name });
  }
});
afterAll(async () => {
  await stores.close();
  await rm(folder, { recursive: true, force: true });
});

/** Pictures of a dataset as files of their own, and as their pack. */
async function pictures(count: number, bytes: number) {
  const single: WantedFile[] = [];
  for (let n = 0; n < count; n += 1) {
    const content = Buffer.alloc(bytes, `the bytes of picture ${n}, which nobody else has; `);
    const { sha256 } = await stores.blobs.put(content, { mediaType: "image/png" });
    single.push({ sha256, bytes, name: "picture.png" });
  }
  const pack = layOutPack(single);
  const sha256 = await digestPack(stores.objects, pack, new AbortController().signal);
  return { single, packed: { sha256, bytes: pack.bytes, name: PACK_NAME, pack } };
}

function wanted(...names: string[]): WantedFile[] {
  return names.map((name) => files.get(name) ?? expect.fail(name));
}
const digestsOf = (list: readonly WantedFile[]): Digest[] => list.map(({ sha256 }) => sha256);

/** A volume whose server's clock can be turned. */
async function open() {
  let aheadMs = 0;
  const now = () => new Date(Date.now() + aheadMs);
  const s3 = await startS3Server({ region: "EU-RO-1", now });
  closers.push(() => s3.stop());
  const volume = await volumeOn(s3);
  return {
    s3,
    volume,
    pass: (ms: number) => {
      aheadMs += ms;
    },
    keys: () => s3.contents().keys.map((key) => key.replace(/^cache\//, "")),
  };
}

async function volumeOn({ endpoint, region, bucket, credentials }: S3Server, attempts = 3): Promise<VolumeFiles> {
  const place = {
    endpoint,
    region,
    bucket,
    credentials,
    credentialsAdvice: "the keys",
    folder: "cache",
    partBytes: PART,
    attempts,
  };
  const volume = await openVolumeFiles(place);
  closers.push(() => volume.close());
  return volume;
}

function sync(volume: VolumeFiles, list: readonly WantedFile[], more: Partial<SyncRequest> = {}): Promise<SyncResult> {
  const limits = { maxBytes: 20 * MiB, turnMs: 120_000 };
  const signal = new AbortController().signal;
  return syncVolume({ objects: stores.objects, volume, wanted: list, limits, signal, watchMs: 50, ...more });
}

const text = (volume: VolumeFiles, key: string, body: string) => volume.put(key, Buffer.from(body));

/** What an agent leaves of a file that it has verified: the file, its note, and a mark when it uses it. */
async function putAsAgent(
  volume: VolumeFiles,
  name: string,
  owner: string | null = null,
  bytes = 9 * MiB,
): Promise<Digest> {
  const content = Buffer.alloc(bytes, name);
  const sha256 = sha256Hex(content);
  await volume.put(cacheLayout.file(sha256, name), content);
  await text(volume, cacheLayout.note(sha256), JSON.stringify({ name, bytes: content.length }));
  if (owner !== null) await text(volume, cacheLayout.use(sha256, owner), owner);
  return sha256;
}

async function digestIn(volume: VolumeFiles, key: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of (await volume.get(key)).body) chunks.push(chunk);
  return sha256Hex(Buffer.concat(chunks));
}

describe("filling a volume", () => {
  it("brings what is missing, says how far it is, and sends nothing twice", async () => {
    const { s3, volume, keys } = await open();
    const list = wanted("base.safetensors", "lora.safetensors");
    const heard: number[] = [];
    const result = await sync(volume, list, { onProgress: ({ doneBytes }) => heard.push(doneBytes) });
    const bytes = 11 * MiB + 40_000;
    expect(result).toMatchObject({ kind: "synced", sent: digestsOf(list), present: [], removed: [], bytes });
    expect(heard.at(-1)).toBe(bytes);
    expect(heard).toEqual([...heard].sort((a, b) => a - b));
    expect(keys()).toEqual(list.map(({ sha256, name }) => cacheLayout.file(sha256, name)).sort());
    for (const { sha256, name } of list) {
      expect(await digestIn(volume, cacheLayout.file(sha256, name))).toBe(sha256);
    }
    const puts = () => s3.requests.filter(({ operation, key }) => /^(Put|Upload)/.test(operation) && /files/.test(key));
    const before = puts().length;
    expect(await sync(volume, list)).toMatchObject({ kind: "synced", sent: [], present: digestsOf(list), bytes });
    expect(puts()).toHaveLength(before);
  });

  it("is done by one call at a time, and by the next when that one has died", async () => {
    const { s3, volume, pass } = await open();
    const list = wanted("base.safetensors");
    const s3Volume = await volumeOn(s3, 1);
    // It dies in the middle: its claim and its lock stay.
    s3.faults.add({ operation: "UploadPart", skip: 1, count: 1_000, fault: { type: "drop", when: "before" } });
    s3.faults.add({ operation: "DeleteObject", count: 1_000, fault: { type: "drop", when: "before" } });
    await expect(sync(s3Volume, list)).rejects.toMatchObject({ errorClass: "transient" });
    s3.faults.clear();
    expect(await sync(volume, list)).toMatchObject({ kind: "busy" });
    pass(100_000);
    const sent = () => s3.requests.filter(({ operation }) => operation === "UploadPart").length;
    expect(await sync(volume, list)).toMatchObject({ kind: "synced", sent: digestsOf(list) });
    // Three parts in all.
    expect(sent()).toBe(3);
    expect(s3.contents().keys).toHaveLength(1);
  });

  it("ends with its turn and goes on with the next", async () => {
    const { s3, volume } = await open();
    const list = wanted("lora.safetensors", "base.safetensors");
    s3.faults.add({ operation: "UploadPart", skip: 2, fault: { type: "hang" } });
    const first = await sync(volume, list, { limits: { maxBytes: 20 * MiB, turnMs: 8_000 } });
    expect(first).toMatchObject({ kind: "unfinished", sent: digestsOf(wanted("lora.safetensors")) });
    expect(await sync(volume, list)).toMatchObject({ kind: "synced", sent: digestsOf(wanted("base.safetensors")) });
    expect(s3.requests.filter(({ operation }) => operation === "UploadPart")).toHaveLength(3);
  });

  it("makes room by what was used longest ago, and leaves what is wanted or in use", async () => {
    const { volume, pass, keys } = await open();
    const used = await putAsAgent(volume, "used", "pod-a");
    pass(60_000);
    const idle = await putAsAgent(volume, "idle");
    pass(60_000);
    await text(volume, cacheLayout.heartbeat("pod-a"), "beat");
    const list = wanted("lora.safetensors", "ae.safetensors");
    const limits = { maxBytes: 19 * MiB, turnMs: 120_000 };
    expect(await sync(volume, list, { limits })).toMatchObject({ kind: "synced", removed: [idle] });
    expect(keys()).toContain(cacheLayout.file(used, "used"));
    expect(keys()).not.toContain(cacheLayout.file(idle, "idle"));
    expect(keys()).not.toContain(cacheLayout.note(idle));
  });

  it("says what has no room while pods use the rest, and refuses what can never fit", async () => {
    const { volume } = await open();
    await putAsAgent(volume, "used", "pod-a");
    await text(volume, cacheLayout.heartbeat("pod-a"), "beat");
    const list = wanted("base.safetensors", "lora.safetensors");
    const limits = { maxBytes: 12 * MiB, turnMs: 120_000 };
    expect(await sync(volume, list, { limits })).toMatchObject({
      kind: "held-up",
      noRoom: digestsOf(wanted("base.safetensors")),
      sent: digestsOf(wanted("lora.safetensors")),
    });
    await expect(sync(volume, list, { limits: { maxBytes: MiB, turnMs: 1_000 } })).rejects.toMatchObject({
      code: "volume-too-small",
      errorClass: "user",
    });
  });

  it("believes a heart that beats, and not the clock of its machine", async () => {
    const { volume, pass } = await open();
    const living = await putAsAgent(volume, "living", "pod-a");
    const dead = await putAsAgent(volume, "dead", "pod-b");
    for (const owner of ["pod-a", "pod-b"]) await text(volume, cacheLayout.heartbeat(owner), "beat");
    // By the volume's clock, neither has been heard of for hours.
    pass(600_000);
    const later = new Date();
    // The listing of hearts tells an old time for both, and another old one for the living when it is looked at again.
    let looks = 0;
    const skewed: VolumeFiles = {
      ...volume,
      async *list(prefix, options) {
        if (prefix === `${cacheLayout.heartbeats}/`) looks += 1;
        for await (const found of volume.list(prefix, options)) {
          const isLiving = found.key === cacheLayout.heartbeat("pod-a");
          const isPod = isLiving || found.key === cacheLayout.heartbeat("pod-b");
          const hoursAgo = new Date(later.getTime() - 7_200_000 + (isLiving ? looks * 5_000 : 0));
          yield isPod ? { ...found, modifiedAt: hoursAgo } : found;
        }
      },
    };
    const limits = { maxBytes: 11 * MiB, turnMs: 120_000 };
    const result = await sync(skewed, wanted("ae.safetensors"), { limits });
    expect(result).toMatchObject({ kind: "synced", removed: [dead] });
    expect(await volume.head(cacheLayout.file(living, "living"))).not.toBeNull();
  });

  it("leaves a file to the pod that fetches it", async () => {
    const { volume, keys } = await open();
    const [base] = wanted("base.safetensors");
    if (base === undefined) throw new Error("a base model");
    await text(volume, cacheLayout.lock(base.sha256, 4), "pod-a");
    await text(volume, cacheLayout.heartbeat("pod-a"), "beat");
    const result = await sync(volume, [base]);
    expect(result).toMatchObject({ kind: "held-up", fetched: [base.sha256], sent: [] });
    expect(keys()).toContain(cacheLayout.lock(base.sha256, 4));
  });

  it("keeps what a pod begins to use while it is being removed", async () => {
    const { volume } = await open();
    const idle = await putAsAgent(volume, "idle");
    const racing: VolumeFiles = {
      ...volume,
      async delete(key) {
        await volume.delete(key);
        if (key === cacheLayout.note(idle)) await text(volume, cacheLayout.use(idle, "pod-a"), "pod-a");
      },
    };
    const limits = { maxBytes: 11 * MiB, turnMs: 120_000 };
    const result = await sync(racing, wanted("base.safetensors"), { limits });
    expect(result).toMatchObject({ kind: "held-up", removed: [] });
    expect(await volume.head(cacheLayout.file(idle, "idle"))).not.toBeNull();
    expect(await volume.head(cacheLayout.note(idle))).not.toBeNull();
  });

  it("takes a dozen requests for pictures in one pack, where each by itself takes nine", async () => {
    const { single, packed } = await pictures(150, 20_000);
    const requests = async (list: readonly WantedFile[]) => {
      const { s3, volume, keys } = await open();
      expect(await sync(volume, list)).toMatchObject({ kind: "synced", sent: digestsOf(list), bytes: packed.bytes });
      // However long it takes, and however often the claim is renewed meanwhile.
      const sent = s3.requests.filter(({ key }) => !key.includes(`/${cacheLayout.heartbeats}/`)).length;
      return { sent, keys: keys(), volume };
    };
    const [each, one] = [await requests(single), await requests([packed])];
    expect(one.keys).toEqual([
      cacheLayout.file(packed.sha256, PACK_NAME),
      cacheLayout.pack(packed.pack.pictures, packed.sha256),
    ]);
    expect(await digestIn(one.volume, cacheLayout.file(packed.sha256, PACK_NAME))).toBe(packed.sha256);
    expect(each.sent).toBeGreaterThan(150 * 8);
    expect(one.sent).toBeLessThan(20);
  }, 120_000);

  it("replaces a file that is not whole", async () => {
    const { volume, keys } = await open();
    const [lora] = wanted("lora.safetensors");
    if (lora === undefined) throw new Error("a LoRA");
    await text(volume, cacheLayout.file(lora.sha256, "half.safetensors"), "half of it");
    expect(await sync(volume, [lora])).toMatchObject({ kind: "synced", bytes: lora.bytes });
    expect(keys()).toEqual([cacheLayout.file(lora.sha256, lora.name)]);
  });
});

/** More requests than one call takes. */
const MOST_REQUESTS = 90;

describe("a call that dies at any request", () => {
  it("leaves only what the next one finishes", async () => {
    const [base] = wanted("base.safetensors");
    if (base === undefined) throw new Error("a base model");
    const { packed } = await pictures(3, 30_000);
    const list = [base, packed];
    const whole = list.map(({ sha256, name }) => cacheLayout.file(sha256, name));
    const keysOfAll = [...whole, cacheLayout.pack(packed.pack.pictures, packed.sha256)].sort();
    let deaths = 0;
    for (let n = 0; n < MOST_REQUESTS; n += 1) {
      // To die after a request, or before the one that follows, leaves the same: one of the two is enough.
      const when = n % 2 === 0 ? "before" : "after";
      const { s3, volume, pass, keys } = await open();
      await putAsAgent(volume, "idle", null, 2 * MiB);
      if (when === "after") s3.faults.add({ skip: n, fault: { type: "drop", when } });
      s3.faults.add({ skip: n, count: 1_000, fault: { type: "drop", when: "before" } });
      const dying = await volumeOn(s3, 1);
      const limits = { maxBytes: 12 * MiB, turnMs: 120_000 };
      const died = await sync(dying, list, { limits }).then(
        () => s3.faults.hits() > 0,
        () => true,
      );
      s3.faults.clear();
      // Whatever has a name is whole.
      for (const { sha256, name } of list) {
        const key = cacheLayout.file(sha256, name);
        if (keys().includes(key)) expect(await digestIn(volume, key)).toBe(sha256);
      }
      pass(100_000);
      expect(await sync(volume, list, { limits })).toMatchObject({ kind: "synced" });
      expect(keys()).toEqual(keysOfAll);
      expect(s3.contents().uploads).toEqual([]);
      const parts = s3.requests.filter(({ operation, key }) => operation === "UploadPart" && key.endsWith(base.name));
      expect(parts).toHaveLength(3);
      for (const close of closers.splice(0).toReversed()) await close();
      if (!died) break;
      deaths += 1;
    }
    expect(deaths).toBeGreaterThan(30);
    expect(deaths).toBeLessThan(MOST_REQUESTS);
  }, 600_000);
});
