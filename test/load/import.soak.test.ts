import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setInterval } from "node:timers/promises";
import type { DatasetManifest, RgbImage } from "@loramill/contracts";
import { encodeImage } from "@loramill/imaging";
import { writePlantedFolder } from "@loramill/testkit";
import { afterAll, expect, test } from "vitest";
import { makeDataDir, startMill } from "../support/mill.ts";
import { eventually, finished, stepOf } from "../support/runs.ts";

/** 20,000 JPEGs of 0.3 MP, with what a real folder has as well. */
const counts = { good: 18_000, exact: 700, near: 700, blurred: 300, corrupt: 200, tiny: 100 };
/** Of the mill, which has the API, the dispatcher and all workers in it; about 600 MB on two cores. */
const MOST_BYTES = 900_000_000;
/** About 90 on two cores; less means that something grows with what is there already. */
const FEWEST_PER_SECOND = 25;

const data = makeDataDir();
afterAll(() => data.remove());

test("20,000 pictures are imported in bounded memory, interrupted half-way, with every planted one found", async () => {
  const folder = join(data.path, "pictures");
  // Drawn at half the size: pixels are drawn one by one.
  await writePlantedFolder(folder, { counts, width: 320, height: 240, seed: 7, encode });
  const mill = await startMill({ dataDir: join(data.path, "mill") });
  const stop = new AbortController();
  const peak = peakMemory(mill.pid, stop.signal);
  try {
    const { client } = mill;
    const started = performance.now();
    const { id } = await client.createRun({
      name: "many",
      dataset: { sources: [{ type: "folder", path: folder }], prepare: { resolution: 64 } },
    });
    const prepared = async () => stepOf(await client.getRun(id), "prepare").jobs.succeeded;
    const half = await eventually("half of it is prepared", prepared, (jobs) => jobs >= 150, 1_200_000);
    await client.cancelRun(id);
    expect((await finished(client, id)).state).toBe("cancelled");
    await client.resumeRun(id);
    expect(await prepared(), "what was prepared stays").toBeGreaterThanOrEqual(half);
    const run = await finished(client, id, 1_200_000);
    const perSecond = 20_000 / ((performance.now() - started) / 1000);
    stop.abort();
    const mostBytes = await peak;
    console.log(`${perSecond.toFixed(0)} pictures/s, at most ${(mostBytes / 1e6).toFixed(0)} MB`);

    expect(run.state).toBe("succeeded");
    const output = stepOf(run, "dataset").output ?? "";
    const { statistics } = (await client.getDocument("dataset", output)) as unknown as DatasetManifest;
    expect(statistics).toMatchObject({
      found: 20_000,
      kept: counts.good,
      refused: counts.corrupt,
      dropped: {
        "duplicate-exact": counts.exact,
        "duplicate-near": counts.near,
        blurred: counts.blurred,
        "too-small": counts.tiny,
      },
    });
    expect(mostBytes).toBeLessThan(MOST_BYTES);
    expect(perSecond).toBeGreaterThan(FEWEST_PER_SECOND);
  } finally {
    stop.abort();
    await mill.stop();
  }
});

/** Tiny ones stay tiny. */
function encode(image: RgbImage, quality: number): Promise<Uint8Array> {
  return encodeImage(image.width < 100 ? image : doubled(image), "jpeg", { quality });
}

function doubled({ width, height, rgb }: RgbImage): RgbImage {
  const big = new Uint8Array(rgb.length * 4);
  for (let y = 0, to = 0; y < height * 2; y++) {
    for (let x = 0; x < width * 2; x++, to += 3) {
      const from = ((y >> 1) * width + (x >> 1)) * 3;
      big.set(rgb.subarray(from, from + 3), to);
    }
  }
  return { width: width * 2, height: height * 2, rgb: big };
}

/** Most bytes a process had in memory while it was watched. */
async function peakMemory(pid: number, signal: AbortSignal): Promise<number> {
  let most = 0;
  try {
    for await (const _ of setInterval(500, null, { signal })) {
      const [, kilobytes = "0"] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
      most = Math.max(most, Number(kilobytes) * 1024);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  return most;
}
