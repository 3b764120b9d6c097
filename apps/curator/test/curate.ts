import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  assembleDatasetJob,
  type DatasetManifest,
  type JobOutput,
  type PreparedImage,
  prepareImagesJob,
  RunSpec,
  type Source,
} from "@loramill/contracts";
import { defaultLimits } from "@loramill/imaging";
import { defaultSourceLimits, type OpenedStores, openStores } from "@loramill/storage";
import { createColourFaceFinder, type FakeJobContext, fakeJobContext } from "@loramill/testkit";
import { videoConfig } from "@loramill/video";
import type { z } from "zod";
import { assembleDataset } from "../src/assemble-dataset.ts";
import type { CuratorDeps } from "../src/deps.ts";
import { indexSource } from "../src/index-source.ts";
import { prepareImages } from "../src/prepare-images.ts";
import { createVideoReader } from "../src/video-reader.ts";

export interface CuratorUnderTest {
  readonly folder: string;
  readonly stores: OpenedStores;
  readonly deps: CuratorDeps;
  close(): Promise<void>;
}

/** A store in a temporary folder, and the curator's ports over it. */
export async function openCurator(): Promise<CuratorUnderTest> {
  const folder = await mkdtemp(join(tmpdir(), "curator-"));
  const stores = await openStores({ url: join(folder, "store"), sync: "never" });
  const { documents, blobs, memos } = stores;
  const { video } = videoConfig.options(videoConfig.env.parse({}));
  return {
    folder,
    stores,
    deps: {
      stores,
      sourceStores: { documents, blobs, memos },
      sources: defaultSourceLimits,
      readVideo: createVideoReader(video, defaultLimits),
      images: defaultLimits,
      faceFinder: createColourFaceFinder(),
      concurrency: 4,
    },
    close: async () => {
      await stores.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

type Dataset = NonNullable<z.input<typeof RunSpec>["dataset"]>;

export interface Curated {
  readonly manifest: DatasetManifest;
  readonly images: readonly PreparedImage[];
  readonly output: JobOutput;
  readonly index: JobOutput;
  readonly prepared: readonly JobOutput[];
  readonly contexts: { readonly prepare: readonly FakeJobContext[]; readonly assemble: FakeJobContext };
}

/** Runs the three steps one after the other, as the dispatcher would, with the defaults of a spec. */
export async function curate(
  { deps, stores }: CuratorUnderTest,
  given: Omit<Dataset, "sources"> & { readonly sources: Source[] },
  options: { readonly willCaption?: boolean; readonly willTrain?: boolean; readonly resolution?: number } = {},
): Promise<Curated> {
  const { dataset } = RunSpec.parse({ name: "test", dataset: given });
  const index = await indexSource({ params: { sources: given.sources } }, deps, fakeJobContext());
  const source = await stores.documents.get("parts", index.digest);
  const resolution = options.resolution ?? 64;
  const prepared: JobOutput[] = [];
  const contexts: FakeJobContext[] = [];
  for (const part of source.parts) {
    const wantsFaces = dataset.prepare.crop === "faces" || dataset.cleaning.faces !== "ignore";
    const faces = wantsFaces ? { faces: deps.faceFinder.id } : {};
    const input = prepareImagesJob.input.parse({ part, params: { ...dataset.prepare, resolution, ...faces } });
    const context = fakeJobContext();
    prepared.push(await prepareImages(input, deps, context));
    contexts.push(context);
  }
  const parts = await stores.documents.put("parts", { parts: prepared.map(({ digest }) => digest) });
  const input = assembleDatasetJob.input.parse({
    inputs: { prepare: parts, source: index.digest },
    params: {
      name: "test",
      cleaning: { minSidePixels: Math.max(32, resolution / 2), ...dataset.cleaning },
      gates: dataset.gates,
      willCaption: options.willCaption ?? true,
      willTrain: options.willTrain ?? true,
    },
  });
  const assemble = fakeJobContext();
  const output = await assembleDataset(input, deps, assemble);
  const manifest = await stores.documents.get("dataset", output.digest);
  const read = await Promise.all(manifest.parts.map((digest) => stores.documents.get("dataset-part", digest)));
  const images = read.flatMap((part) => part.images);
  return { manifest, images, output, index, prepared, contexts: { prepare: contexts, assemble } };
}
