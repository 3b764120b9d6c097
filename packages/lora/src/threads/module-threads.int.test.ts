import { afterEach, describe, expect, it } from "vitest";
import { randomAdapter } from "../../test/support/random-adapter.ts";
import { mergeLoras } from "../merge/merge-loras.ts";
import { loaded } from "../streams/lazy-adapter.ts";
import { type ModuleThreads, openModuleThreads } from "./module-threads.ts";
import { type RunModule, runModuleHere } from "./module-work.ts";

const opened: ModuleThreads[] = [];
afterEach(async () => {
  for (const threads of opened.splice(0)) await threads.close();
});
const open = (size = 2) => {
  const threads = openModuleThreads({ size });
  opened.push(threads);
  return threads;
};

const modules = Array.from({ length: 12 }, (_, i) => `m${i}`);
const plan = (runModule: RunModule) =>
  mergeLoras(
    ["a", "b"].map((seed) => ({ adapters: modules.map((name) => loaded(randomAdapter(name, { seed }))), weight: 0.7 })),
    { method: { kind: "dare", rank: 4, density: 0.5 }, seed: "s", runModule },
  );

describe("threads that compute modules", () => {
  it("answer what one thread would, whatever their number and order", async () => {
    const threads = open(2);
    const expected = await Promise.all(plan(runModuleHere).map((adapter) => adapter.load()));
    const found = await Promise.all(plan(threads.runModule).map((adapter) => adapter.load()));
    expect(found).toEqual(expected);
  });

  it("leave the caller's bytes alone", async () => {
    const { tensors, ...rest } = randomAdapter("m");
    const { up, down } = tensors;
    if (up === undefined || down === undefined) throw new Error("no factors");
    // As files are read: views of one piece of memory.
    const file = Buffer.concat([up.data, down.data]);
    const views = {
      up: { ...up, data: file.subarray(0, up.data.length) },
      down: { ...down, data: file.subarray(up.data.length) },
    };
    const request = { a: { ...rest, tensors: views }, b: null };
    const threads = open(1);
    const first = await threads.runModule("compare", request);
    expect(await threads.runModule("compare", request)).toEqual(first);
    expect(first.aa).toBeGreaterThan(0);
  });

  it("pass errors on with their class", async () => {
    const dora = randomAdapter("m");
    const tensor = dora.tensors.up;
    if (tensor === undefined) throw new Error("no up");
    const a = { ...dora, tensors: { ...dora.tensors, dora_scale: tensor } };
    await expect(open().runModule("compare", { a, b: null })).rejects.toMatchObject({
      errorClass: "user",
      code: "dora-needs-base",
    });
  });

  it("answer an abort at once, and close twice, failing what still waits", async () => {
    const threads = open(1);
    const stop = new AbortController();
    const request = { a: randomAdapter("m"), b: null };
    const aborted = threads.runModule("compare", request, stop.signal);
    stop.abort(new Error("enough"));
    await expect(aborted).rejects.toThrow("enough");
    const waiting = [1, 2].map(() => threads.runModule("compare", request));
    const settled = Promise.allSettled(waiting);
    await Promise.all([threads.close(), threads.close()]);
    expect((await settled).map(({ status }) => status)).toContain("rejected");
    await expect(threads.runModule("compare", request)).rejects.toMatchObject({ code: "drained" });
    expect(() => openModuleThreads({ size: 0 })).toThrow(RangeError);
  });
});
