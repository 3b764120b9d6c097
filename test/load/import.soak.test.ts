import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setInterval } from "node:timers/promises";
import type { DatasetManifest, RgbImage } from "@loramill/contracts";
import { encodeImage } from "@loramill/imaging";
import { writePlantedFolder } from "@loramill/testkit";
import { afterAll, expect, test } from "vitest";
import { makeDataDir, startMill } from "../support/mill.ts";
import { eventually, finished, stepOf } from "../support/runs.ts";

/** JPEGs of 0.3 MP; fewer are a quick try. */
const PICTURES = Number(process.env.SOAK_PICTURES ?? 20_000);
/** What a real folder has as well, by share. */
const shares = { exact: 0.035, near: 0.035, blurred: 0.015, corrupt: 0.01, tiny: 0.005 };
const share = (name: keyof typeof shares) => Math.round(PICTURES * shares[name]);
const planted = {
  exact: share("exact"),
  near: share("near"),
  blurred: share("blurred"),
  corrupt: share("corrupt"),
  tiny: share("tiny"),
};
const counts = { good: PICTURES - Object.values(planted).reduce((sum, count) => sum + count), ...planted };
/** Of the mill, which has the API, the dispatcher and all workers in it; about 600 MB on two cores. */
const MOST_BYTES = 900_000_000;
/** About 90 on two cores; less means that something grows with what is there already. */
const FEWEST_PER_SECOND = 25;

const data = makeDataDir();
afterAll(() => data.remove());

test(`${PICTURES} pictures are imported in bounded memory, interrupted half-way, with every planted one found`, async () => {
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
    const half = await eventually("half of it is prepared", prepared, (jobs) => jobs >= PICTURES / 128, 1_200_000);
    await client.cancelRun(id);
    expect((await finished(client, id)).state).toBe("cancelled");
    await client.resumeRun(id);
    expect(await prepared(), "what was prepared stays").toBeGreaterThanOrEqual(half);
    const run = await finished(client, id, 1_200_000);
    const perSecond = PICTURES / ((performance.now() - started) / 1000);
    stop.abort();
    const mostBytes = await peak;
    console.log(`${perSecond.toFixed(0)} pictures/s, at most ${(mostBytes / 1e6).toFixed(0)} MB`);

    expect(run.state).toBe("succeeded");
    const output = stepOf(run, "dataset").output ?? "";
    const { statistics } = (await client.getDocument("dataset", output)) as unknown as DatasetManifest;
    expect(statistics).toMatchObject({
      found: PICTURES,
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
