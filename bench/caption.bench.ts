import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { createOpenAiCaptioner } from "@loramill/backends";
import { captionImages, openGates, shrink } from "@loramill/captioner";
import { CaptionStyle, type Digest, ITEMS_PER_PART, Parked, type PreparedImage } from "@loramill/contracts";
import { prepareImage } from "@loramill/imaging";
import { sharp } from "@loramill/imaging/testing";
import { openStores } from "@loramill/storage";
import { createFakeRateLimiter, drawPicture, fakeJobContext, withComment } from "@loramill/testkit";
import type { EndpointReport } from "./caption/endpoint-thread.ts";
import type { Bench } from "./harness.ts";

const SLOTS = 64;
const ANSWER_MS = 1_000;
const SIDE = 1024;
const PARTS = 60;
/** Jobs that a worker works on at a time, as it does by default. */
const JOBS_AT_ONCE = 4;

/**
 * One worker captions curated pictures of one megapixel by an endpoint of 64 slots that takes a second for each: how busy it
 * keeps the endpoint, from the first question to the last answer, and how many pictures a minute come out finished and
 * remembered. `busyWhenRefused`: the same with an endpoint that refuses what finds no slot instead of queueing it.
 */
export const bench: Bench = {
  name: "caption",
  run: async () => {
    const queued = await captionAll({ queues: true, parts: PARTS });
    const refused = await captionAll({ queues: false, parts: PARTS / 2 });
    return {
      busy: queued.busy,
      imagesPerMinute: queued.imagesPerMinute,
      workerCpuMsPerImage: queued.cpuMsPerImage,
      busyWhenRefused: refused.busy,
      refusedPerImage: refused.refusedPerImage,
    };
  },
};

async function captionAll({ queues, parts }: { queues: boolean; parts: number }) {
  const folder = await mkdtemp(join(tmpdir(), "bench-caption-"));
  const stores = await openStores({ url: folder });
  const endpoint = await startEndpoint(queues);
  const captioner = createOpenAiCaptioner(
    {
      url: endpoint.url,
      apiKey: null,
      model: "llava",
      timeoutMs: 60_000,
      concurrency: 128,
      inputUsdPerMillionTokens: 0,
      outputUsdPerMillionTokens: 0,
    },
    { clock: { now: () => new Date() }, shrink },
  );
  try {
    const work = await writeParts(stores, parts);
    const limiter = createFakeRateLimiter();
    const deps = {
      stores,
      captioners: [captioner],
      fuser: null,
      embedder: null,
      tokenCounters: [],
      gates: openGates(limiter),
    };
    const params = { style: CaptionStyle.parse({ triggerWord: "sks" }), provider: captioner.id };
    const cpu = process.cpuUsage();
    const started = performance.now();
    let next = 0;
    const lane = async () => {
      for (let part = work[next++]; part !== undefined; part = work[next++]) {
        const output = await captionImages({ part, params }, deps, fakeJobContext());
        if (output instanceof Parked || output.items !== ITEMS_PER_PART) throw new Error("a part was not captioned");
      }
    };
    await Promise.all(Array.from({ length: JOBS_AT_ONCE }, lane));
    const seconds = (performance.now() - started) / 1_000;
    const { user, system } = process.cpuUsage(cpu);
    const report = await endpoint.report();
    if (limiter.asked > 0) throw new Error("permits were asked for where there is no limit");
    const images = parts * ITEMS_PER_PART;
    if (report.answered !== images) throw new Error(`${report.answered} answers to ${images} pictures`);
    return {
      busy: report.slotMs / (report.wallMs * SLOTS),
      imagesPerMinute: (images / seconds) * 60,
      cpuMsPerImage: (user + system) / 1_000 / images,
      refusedPerImage: report.refused / images,
    };
  } finally {
    await captioner.close();
    await endpoint.close();
    await stores.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function startEndpoint(queues: boolean) {
  const thread = new Worker(new URL("./caption/endpoint-thread.ts", import.meta.url), {
    workerData: { slots: SLOTS, answerMs: ANSWER_MS, queues },
  });
  const [{ url }] = (await once(thread, "message")) as [{ url: string }];
  return {
    url,
    async report(): Promise<EndpointReport> {
      thread.postMessage("report");
      const [report] = (await once(thread, "message")) as [EndpointReport];
      return report;
    },
    close: async () => void (await thread.terminate()),
  };
}

/** Parts of different pictures: few are drawn, the others differ in a comment, which is a difference to every memo. */
async function writeParts(stores: Awaited<ReturnType<typeof openStores>>, parts: number): Promise<Digest[]> {
  const drawn = await Promise.all(
    Array.from({ length: 4 }, async (_, seed) => {
      const picture = drawPicture(seed + 1, { width: SIDE, height: SIDE });
      const jpeg = await sharp(picture.rgb, { raw: { width: SIDE, height: SIDE, channels: 3 } })
        .jpeg({ quality: 92 })
        .toBuffer();
      const settings = { resolution: SIDE, crop: "centre", format: "jpeg", bucketStep: 64, upscale: true } as const;
      return prepareImage(jpeg, settings);
    }),
  );
  const digests: Digest[] = [];
  for (let part = 0; part < parts; part += 1) {
    const images = await Promise.all(
      Array.from({ length: ITEMS_PER_PART }, async (_, index): Promise<PreparedImage> => {
        const {
          prepared,
          borders: _borders,
          converted,
          ...facts
        } = drawn[index % drawn.length] as (typeof drawn)[number];
        const { bytes, mediaType, ...cut } = prepared;
        const blob = await stores.blobs.put(withComment(bytes, `${part}/${index}`), { mediaType });
        const path = `${part}/${index}.jpg`;
        return { ...facts, converted: [...converted], path, original: blob, prepared: { ...cut, blob } };
      }),
    );
    digests.push(await stores.documents.put("dataset-part", { images }));
  }
  return digests;
}
