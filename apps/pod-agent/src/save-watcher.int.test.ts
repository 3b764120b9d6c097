import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TrainerAdapter, trainerAdapters } from "@loramill/trainers";
import { expect, it, onTestFinished } from "vitest";
import { onePicture } from "../test/one-picture.ts";
import { createGrants } from "./grants.ts";
import { jobPlace } from "./job-place.ts";
import { openSaveWatcher } from "./save-watcher.ts";

/** Saves of step 5 as they are copied for the store, of a trainer whose save lies there already. */
async function openWatcher() {
  const folder = await mkdtemp(join(tmpdir(), "save-watcher-"));
  const end = new AbortController();
  const place = jobPlace(folder, "one");
  await mkdir(place.output, { recursive: true });
  await writeFile(join(place.output, "save.bin"), "a checkpoint");
  const adapter: TrainerAdapter = {
    ...trainerAdapters["sd-scripts"],
    findCheckpoints: () => [{ step: 5, final: false, files: ["save.bin"], weights: [] }],
    findSamples: () => [],
  };
  const watcher = await openSaveWatcher({
    ...{ start: onePicture({ expiresSeconds: 60, reads: {}, writes: [] }), place, adapter, partBytes: 1_000 },
    ...{ transfer: { fetch, grants: createGrants(Date.now), signal: end.signal }, committed: [] },
    ...{ onCommitted: async () => {}, say: async () => {} },
  });
  onTestFinished(async () => {
    end.abort(new Error("the test is over"));
    await watcher.drain().catch(() => undefined);
    await rm(folder, { recursive: true, force: true });
  });
  return {
    /** A look after the log has told of so many steps. */
    look: (step: number, over: { quietMs?: number; divergedAt?: number } = {}) => {
      const curve = Array.from({ length: step }, (_, i) => ({ step: i + 1, loss: 1, averageLoss: 1 }));
      return watcher.look({ quietMs: -1, step, paidSeconds: 0, curve, divergedAt: null, ...over });
    },
    copied: async () => {
      const names = await readdir(place.snapshots).catch(() => []);
      const texts = names.map((name) => readFile(join(place.snapshots, name, "snapshot.json"), "utf8"));
      return (await Promise.all(texts)).map((text) => JSON.parse(text).facts.curve.at(-1)?.step);
    },
  };
}

it("takes a save only when the log that was read can have told of its step: its curve has no gap, and no bad loss is missed", async () => {
  const { look, copied } = await openWatcher();
  // The trainer told of step 5 and saved after the log had been read.
  await look(4);
  expect(await copied()).toEqual([]);
  await look(5);
  expect(await copied()).toEqual([5]);

  const diverged = await openWatcher();
  await diverged.look(4);
  await diverged.look(4, { divergedAt: 5 });
  expect(await diverged.copied()).toEqual([]);
});

it("takes one of a trainer that does not tell its steps at the look after, and one of a trainer that has ended at once", async () => {
  const silent = await openWatcher();
  await silent.look(0);
  await silent.look(0);
  expect(await silent.copied()).toEqual([undefined]);

  const ended = await openWatcher();
  await ended.look(4, { quietMs: 0 });
  expect(await ended.copied()).toEqual([4]);
});
