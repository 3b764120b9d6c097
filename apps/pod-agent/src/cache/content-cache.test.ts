import { mkdir, readdir, readFile, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { cacheLayout, sha256Hex } from "@loramill/contracts";
import { createCrashPoint } from "@loramill/testkit";
import { afterEach, describe, expect, it } from "vitest";
import { openCacheTrial } from "../../test/cache-trial.ts";
import type { CachedFile } from "./content-cache.ts";
import { ABANDONED_MS } from "./marks.ts";
import { BEAT_MS, LOST_MS } from "./presence.ts";

type Trial = Awaited<ReturnType<typeof openCacheTrial>>;
const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function open(): Promise<Trial> {
  const trial = await openCacheTrial();
  cleanups.push(trial.close);
  return trial;
}

// Minutes of waiting take no time here, but thousands of looks at the disk, which a busy machine is slow at.
describe("a cache by digest", { timeout: 120_000 }, () => {
  it("fetches a file once however many jobs of one machine and of others ask for it", async () => {
    const trial = await open();
    const file = trial.file("a.safetensors", 1);
    const [one, two] = [await trial.startMachine("one"), await trial.startMachine("two", { startsAt: 1e9 })];
    const taken = await trial.time.until(Promise.all([one, one, two, two].map((machine) => machine.take(file))));
    expect(new Set(taken.map(({ path }) => path)).size).toBe(1);
    expect(trial.asked).toEqual(["/a.safetensors whole"]);
    expect(await trial.stateOf(file)).toEqual(["use-one", "use-two", "verified.json"]);
    for (const { release } of taken) await release();
    expect(await trial.stateOf(file)).toEqual(["verified.json"]);
  });

  it("goes on with a download that broke off, and starts anew where a server knows no ranges", async () => {
    const trial = await open();
    const machine = await trial.startMachine("one");
    trial.server.breaksAfter = [3_000];
    await machine.take(trial.file("a.safetensors", 1));
    trial.server.hasRanges = false;
    trial.server.breaksAfter = [2_000];
    await machine.take(trial.file("b.safetensors", 2));
    const whole = ["/a.safetensors whole", "/a.safetensors bytes=3000-", "/b.safetensors whole"];
    expect(trial.asked).toEqual([...whole, "/b.safetensors bytes=2000-"]);
    expect(await trial.wholeFiles()).toHaveLength(2);
  });

  it("goes on with what another machine left that is gone", async () => {
    const trial = await open();
    const file = trial.file("a.safetensors", 1);
    const crash = createCrashPoint();
    const lost = await trial.startMachine("one", { crash });
    trial.server.breaksAfter = [3_000];
    const taking = lost.take(file);
    // It dies when the rest begins to come.
    while (trial.asked.length === 0) await new Promise((resolve) => setImmediate(resolve));
    const rest = Promise.withResolvers<void>();
    trial.server.hold = rest.promise;
    while (trial.asked.length === 1) await new Promise((resolve) => setImmediate(resolve));
    crash.arm({ n: 1, when: "before" });
    rest.resolve();
    await expect(trial.time.until(taking)).rejects.toThrow();
    trial.server.hold = null;
    const other = await trial.startMachine("two", { startsAt: 5e8 });
    await trial.time.until(other.take(file));
    expect(trial.asked.at(-1)).toMatch(/bytes=\d+-$/);
    expect(trial.time.now()).toBeGreaterThanOrEqual(LOST_MS);
    expect(await trial.wholeFiles()).toEqual([file.sha256]);
  });

  it("never takes over from a machine that lives, however slow its download is", async () => {
    const trial = await open();
    const file = trial.file("a.safetensors", 1);
    const [slow, waiting] = [await trial.startMachine("slow"), await trial.startMachine("waiting")];
    const held = Promise.withResolvers<void>();
    trial.server.hold = held.promise;
    const first = slow.take(file);
    while (trial.asked.length === 0) await new Promise((resolve) => setImmediate(resolve));
    const second = waiting.take(file);
    const ticker = trial.time.ticker();
    // The download itself keeps nobody busy meanwhile.
    await trial.time.until(ticker.sleep(10 * LOST_MS, new AbortController().signal), 1);
    held.resolve();
    await trial.time.until(Promise.all([first, second]));
    expect(trial.asked).toEqual(["/a.safetensors whole"]);
  });

  it("stops writing when it stood still for so long that another may have taken over", async () => {
    const trial = await open();
    const file = trial.file("a.safetensors", 1);
    const machine = await trial.startMachine("one");
    const held = Promise.withResolvers<void>();
    trial.server.hold = held.promise;
    const taking = machine.take(file);
    while (trial.asked.length === 0) await new Promise((resolve) => setImmediate(resolve));
    machine.ticker.jump(LOST_MS);
    trial.server.hold = null;
    held.resolve();
    // The lock is one of a life before; what is tried once more finds that out, too.
    await expect(trial.time.until(taking)).rejects.toMatchObject({ code: "lock-lost", errorClass: "transient" });
  });

  it("refuses other bytes than the digest names, and keeps nothing of them", async () => {
    const trial = await open();
    const file = trial.file("a.safetensors", 3);
    trial.files.set("/a.safetensors", new Uint8Array(5_000).fill(4));
    const machine = await trial.startMachine("one");
    await expect(machine.take(file)).rejects.toMatchObject({ code: "wrong-digest", errorClass: "permanent" });
    expect(trial.asked).toHaveLength(2);
    expect(await trial.wholeFiles()).toEqual([]);
    expect(await trial.stateOf(file)).toEqual([]);
  });

  it("keeps a verified file although somebody says that it has another size", async () => {
    const trial = await open();
    const file = trial.file("a.safetensors", 1);
    const machine = await trial.startMachine("one");
    await machine.take(file);
    await expect(machine.take({ ...file, bytes: 4_000 })).rejects.toMatchObject({ code: "wrong-digest" });
    expect(await trial.wholeFiles()).toEqual([file.sha256]);
  });

  it("holds a file that somebody else brought against its digest, once, and fetches one that is damaged", async () => {
    const trial = await open();
    const [good, bad] = [trial.file("good.safetensors", 1), trial.file("bad.safetensors", 2)];
    for (const { sha256, name } of [good, bad]) {
      await mkdir(join(trial.folder, cacheLayout.filesOf(sha256)), { recursive: true });
      const content = Buffer.from(trial.files.get(`/${name}`) ?? []);
      if (name === bad.name) content[17] = (content[17] ?? 0) ^ 1;
      await writeFile(join(trial.folder, cacheLayout.file(sha256, name)), content);
    }
    const machine = await trial.startMachine("one");
    for (const file of [good, bad]) await machine.take(file);
    expect(trial.asked).toEqual(["/bad.safetensors whole"]);
    expect(await trial.wholeFiles()).toHaveLength(2);
  });

  it("gives one content under every name that is asked for", async () => {
    const trial = await open();
    const file = trial.file("a.safetensors", 1);
    const machine = await trial.startMachine("one");
    await machine.take(file);
    const { path } = await machine.take({ ...file, name: "b.ckpt" });
    expect(path.endsWith("/b.ckpt")).toBe(true);
    expect(sha256Hex(await readFile(path))).toBe(file.sha256);
    expect((await machine.cache.health()).bytes).toBe(5_000);
    expect(trial.asked).toHaveLength(1);
  });

  it("removes what was used longest ago, and nothing that a job of any machine uses", async () => {
    const trial = await open();
    const [a, b, c, d] = [1, 2, 3, 4].map((n) => trial.file(`${n}.safetensors`, n));
    if (!a || !b || !c || !d) throw new Error("four files");
    const [one, two] = [await trial.startMachine("one", { maxBytes: 16_000 }), await trial.startMachine("two")];
    await two.take(a);
    for (const file of [b, c]) await (await one.take(file)).release();
    const old = async ({ sha256 }: CachedFile, seconds: number) =>
      utimes(join(trial.folder, cacheLayout.note(sha256)), new Date(seconds * 1_000), new Date(seconds * 1_000));
    await old(a, 1);
    await old(b, 3);
    await old(c, 2);
    await one.take(d);
    expect(await trial.wholeFiles()).toEqual([a, b, d].map(({ sha256 }) => sha256).sort());
    expect(await readdir(join(trial.folder, cacheLayout.states))).not.toContain(c.sha256);
  });

  it("counts a machine's marks no more when it has been silent for long, and its own of jobs that are over", async () => {
    const trial = await open();
    const [a, b, c] = [1, 2, 3].map((n) => trial.file(`${n}.safetensors`, n));
    if (!a || !b || !c) throw new Error("three files");
    const crash = createCrashPoint();
    crash.revive();
    await (await trial.startMachine("gone", { crash })).take(a);
    crash.arm({ n: 1, when: "before" });
    const one = await trial.startMachine("one", { maxBytes: 9_000 });
    await (await one.take(b)).release();
    expect(await trial.wholeFiles()).toHaveLength(2);
    const { ticker } = one;
    await trial.time.until(ticker.sleep(ABANDONED_MS + BEAT_MS, new AbortController().signal));
    await one.take(c);
    expect(await trial.wholeFiles()).toEqual([c.sha256]);
    await one.cache.close();
    const again = await trial.startMachine("one", { maxBytes: 9_000 });
    const leave = again.cache.keep([c]);
    await again.cache.forgetPast();
    expect(await trial.stateOf(c)).toEqual(["use-one", "verified.json"]);
    await leave();
    expect(await trial.stateOf(c)).toEqual(["verified.json"]);
  });

  it("tells what it holds, the largest first", async () => {
    const trial = await open();
    const [small, large] = [trial.file("s.png", 1, 100), trial.file("l.safetensors", 2, 9_000)];
    const machine = await trial.startMachine("one");
    for (const file of [small, large]) await machine.take(file);
    expect(await machine.cache.health()).toEqual({
      bytes: 9_100,
      maxBytes: 1e6,
      digests: [large.sha256, small.sha256],
    });
  });
});
