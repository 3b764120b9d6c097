import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { assembleDatasetJob, prepareImagesJob, RunSpec, UserError } from "@loramill/contracts";
import { assembleDataset, type CuratorDeps, indexSource, prepareImages } from "@loramill/curator";
import { defaultLimits } from "@loramill/imaging";
import { defaultSourceLimits, openStores } from "@loramill/storage";
import { createColourFaceFinder, fakeJobContext } from "@loramill/testkit";

/**
 * A curator's process from start to end: `curate-folder.ts FOLDER` makes a dataset of the folder's pictures, job by job as
 * a worker would, and writes `{images, peakBytes}`: how many were kept and the most memory the process ever held.
 */
const [path = ""] = process.argv.slice(2);
const store = await mkdtemp(join(tmpdir(), "loramill-memory-"));
const stores = await openStores({ url: store, sync: "never" });
try {
  const { documents, blobs, memos } = stores;
  const deps: CuratorDeps = {
    stores,
    sourceStores: { documents, blobs, memos },
    sources: defaultSourceLimits,
    readVideo: () => {
      throw new UserError("there are no videos in this bench", { code: "no-videos" });
    },
    images: defaultLimits,
    faceFinder: createColourFaceFinder({ available: false }),
    concurrency: 4,
  };
  // The pictures are the same to the eye, and are to be kept all the same.
  const cleaning = { exactDuplicates: "keep", nearDuplicates: "keep" } as const;
  const source = { type: "folder", path } as const;
  const { dataset } = RunSpec.parse({ name: "memory", dataset: { sources: [source], cleaning } });
  const index = await indexSource({ params: { sources: [source] } }, deps, fakeJobContext());
  const prepared: string[] = [];
  for (const part of (await documents.get("parts", index.digest)).parts) {
    const input = prepareImagesJob.input.parse({ part, params: { ...dataset.prepare, resolution: 1024 } });
    prepared.push((await prepareImages(input, deps, fakeJobContext())).digest);
  }
  const input = assembleDatasetJob.input.parse({
    inputs: { prepare: await documents.put("parts", { parts: prepared }), source: index.digest },
    params: {
      name: "memory",
      cleaning: { ...dataset.cleaning, minSidePixels: 512 },
      gates: dataset.gates,
      willCaption: true,
      willTrain: true,
    },
  });
  const { items } = await assembleDataset(input, deps, fakeJobContext());
  console.log(JSON.stringify({ images: items, peakBytes: process.resourceUsage().maxRSS * 1024 }));
} finally {
  await stores.close();
  await rm(store, { recursive: true, force: true });
}
