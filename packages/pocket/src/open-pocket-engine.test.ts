import { execFile } from "node:child_process";
import { cp, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { LossPoint, PocketEngine, PocketTrainingState } from "@loramill/contracts";
import { afterEach, describe, expect, test } from "vitest";
import { drawDataset, quickPicture, quickSettings } from "../test/fixtures.ts";
import { SHIPPED_MODEL } from "./model-files.ts";
import { openPocketEngine } from "./open-pocket-engine.ts";

const images = drawDataset(4);
const engines: PocketEngine[] = [];
async function open(modelDir?: string): Promise<PocketEngine> {
  const engine = await openPocketEngine({ threads: 1, ...(modelDir === undefined ? {} : { modelDir }) });
  engines.push(engine);
  return engine;
}
afterEach(async () => {
  for (const engine of engines.splice(0)) await engine.close();
});

const whole = { images, settings: quickSettings, from: null, untilStep: quickSettings.steps };
const long = { images, settings: { ...quickSettings, steps: 100_000 }, from: null, untilStep: 100_000 };
const drained = expect.objectContaining({ errorClass: "transient", code: "drained" });

describe("the pocket engine", { timeout: 120_000 }, () => {
  test("trains in turns, across engines, exactly as in one go", async () => {
    const first = await open();
    const expected = await first.train(whole);
    const points: LossPoint[] = [];
    let state: PocketTrainingState | null = null;
    for (const untilStep of [1, 4, 6]) {
      const engine = await open();
      state = await engine.train({ ...whole, from: state, untilStep, onStep: (point) => points.push(point) });
      expect(state.step).toBe(untilStep);
      await engine.close();
    }
    expect(state?.state).toEqual(expected.state);
    expect(points).toEqual(expected.curve);
  });

  test("answers what it has when a training is aborted, and goes on from there exactly", async () => {
    const engine = await open();
    const expected = await engine.train(whole);
    const stop = new AbortController();
    const onStep = ({ step }: LossPoint) => step === 2 && stop.abort();
    const part = await engine.train({ ...whole, onStep, signal: stop.signal });
    expect(part.step).toBeGreaterThanOrEqual(2);
    expect((await engine.train({ ...whole, from: part })).state).toEqual(expected.state);
    const none = await engine.train({ ...whole, signal: AbortSignal.abort() });
    expect(none.step).toBe(0);
    expect((await engine.train({ ...whole, from: none })).state).toEqual(expected.state);
  });

  test("draws with the LoRA that it trained", async () => {
    const engine = await open();
    const state = await engine.train(whole);
    const weights = await engine.exportLora(state, { "loramill.run": "run_1" });
    const base = await engine.generate(quickPicture);
    const drawn = await engine.generate({ ...quickPicture, loras: [{ weights, strength: 1 }] });
    expect(drawn.rgb).not.toEqual(base.rgb);
    expect(await engine.generate({ ...quickPicture, loras: [{ weights, strength: 0 }] })).toEqual(base);
    expect(await (await open()).generate({ ...quickPicture, loras: [{ weights, strength: 1 }] })).toEqual(drawn);
    // What was handed in stays the caller's: nothing was moved away to the thread.
    expect(weights.byteLength).toBeGreaterThan(100_000);
    expect(state.state.byteLength).toBeGreaterThan(100_000);
    expect(images[0]?.rgb.byteLength).toBe(32 * 32 * 3);
  });

  test("answers calls one after the other", async () => {
    const engine = await open();
    const order: string[] = [];
    const note = (name: string) => () => order.push(name);
    const calls = [
      engine.train(whole).then(note("train")),
      engine.generate(quickPicture).then(note("first")),
      engine.generate({ ...quickPicture, width: 33 }).catch(note("refused")),
      engine.generate(quickPicture).then(note("second")),
    ];
    await Promise.all(calls);
    expect(order).toEqual(["train", "first", "refused", "second"]);
  });

  test("stops a generation that is aborted, running or queued, and goes on with the next", async () => {
    const engine = await open();
    const stop = new AbortController();
    const slow = engine.generate({ ...quickPicture, steps: 100_000 }, stop.signal);
    const queued = engine.generate({ ...quickPicture, steps: 100_000 }, stop.signal);
    const next = engine.generate(quickPicture);
    stop.abort();
    const cancelled = expect.objectContaining({ errorClass: "transient", code: "cancelled" });
    await Promise.all([expect(slow).rejects.toEqual(cancelled), expect(queued).rejects.toEqual(cancelled)]);
    expect((await next).rgb.length).toBe(32 * 32 * 3);
  });

  test("hands errors on with class and code", async () => {
    const engine = await open();
    const settings = { ...quickSettings, learningRate: 1e30, warmupSteps: 0 };
    await expect(engine.train({ ...whole, settings })).rejects.toEqual(
      expect.objectContaining({ errorClass: "permanent", code: "diverged" }),
    );
    await expect(engine.train({ ...whole, images: [] })).rejects.toEqual(
      expect.objectContaining({ errorClass: "user", code: "no-images" }),
    );
    const broken = () => {
      throw new Error("the caller's mistake");
    };
    await expect(engine.train({ ...whole, onStep: broken })).rejects.toThrow("the caller's mistake");
    expect((await engine.train(whole)).step).toBe(quickSettings.steps);
  });

  test("leaves the event loop free while it trains", async () => {
    const engine = await open();
    const settings = { ...quickSettings, batchSize: 8, steps: 40 };
    const large = drawDataset(8, 64);
    await engine.train({ ...whole, images: large, settings, untilStep: 1 });
    // A loop that is held by the steps, each one long computation, turns once between two of them.
    let turns = 0;
    const timer = setInterval(() => {
      turns += 1;
    }, 1);
    const { step } = await engine.train({ ...whole, images: large, settings, untilStep: 6 });
    clearInterval(timer);
    expect(step).toBe(6);
    expect(turns).toBeGreaterThan(3 * step);
  });

  test("closes while it works, twice if need be, and refuses work afterwards", async () => {
    const engine = await open();
    const started = Promise.withResolvers<void>();
    const training = engine.train({ ...long, onStep: () => started.resolve() });
    const queued = engine.generate(quickPicture);
    const ends = Promise.all([expect(training).rejects.toEqual(drained), expect(queued).rejects.toEqual(drained)]);
    await started.promise;
    await Promise.all([engine.close(), engine.close()]);
    await ends;
    await engine.close();
    await expect(engine.generate(quickPicture)).rejects.toEqual(drained);
  });

  test("closes before it was ever used", async () => {
    const engine = await open();
    await engine.close();
    await expect(engine.train(whole)).rejects.toEqual(drained);
  });

  test("rejects the calls of a thread that failed, and the next call starts a fresh one", async () => {
    const dir = await mkdtemp(join(tmpdir(), "pocket-crash-"));
    await cp(SHIPPED_MODEL, dir, { recursive: true });
    const engine = await open(dir);
    await rename(join(dir, "model.json"), join(dir, "away.json"));
    const failed = expect.objectContaining({ errorClass: "transient", code: "engine-ended" });
    const calls = [engine.generate(quickPicture), engine.train(whole)];
    await Promise.all(calls.map((call) => expect(call).rejects.toEqual(failed)));
    await rename(join(dir, "away.json"), join(dir, "model.json"));
    expect((await engine.generate(quickPicture)).width).toBe(32);
    await rm(dir, { recursive: true });
  });

  test.each([
    ["does not keep a process alive while it is idle", "idle", String(32 * 32 * 3)],
    ["closes in a process that has nothing else to do", "close", "drained"],
  ])("%s", async (_title, mode, expected) => {
    const script = fileURLToPath(new URL("../test/lone-engine.ts", import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, [script, mode], { timeout: 100_000 });
    expect(stdout.trim()).toBe(expected);
  });

  test("leaves nothing behind in the user's folders, and so tells nobody what it did", async () => {
    const script = fileURLToPath(new URL("../test/lone-engine.ts", import.meta.url));
    const home = await mkdtemp(join(tmpdir(), "pocket-home-"));
    // Nothing of what says that this is a test, which would keep the runtime silent too.
    const env = { HOME: home, TMPDIR: home };
    await promisify(execFile)(process.execPath, [script, "idle"], { timeout: 100_000, env });
    expect(await readdir(home, { recursive: true })).toEqual([]);
    await rm(home, { recursive: true });
  });
});
