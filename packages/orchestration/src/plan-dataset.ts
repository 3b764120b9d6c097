import { assembleDatasetJob, indexSourceJob, prepareImagesJob, type Recipe, type RunSpec } from "@loramill/contracts";
import type { PlanContext } from "./plan-context.ts";
import { refuse } from "./refuse.ts";
import { asParams, type StepPlan } from "./step-plan.ts";

const DEFAULT_RESOLUTION = 1024;
/** Rough speeds of one core, for quotes: reading and hashing bytes, decoding and encoding a picture, comparing it. */
const READ_BYTES_PER_SECOND = 50_000_000;
const PREPARE_SECONDS_PER_IMAGE = 0.05;
const FIND_FACES_SECONDS_PER_IMAGE = 0.15;
const COMPARE_SECONDS_PER_IMAGE = 0.0005;
const USUAL_IMAGE_BYTES = 1_000_000;

/** The three steps from files to a manifest: source, prepare, dataset. */
export function planDataset(spec: RunSpec, recipe: Recipe | null, context: PlanContext): StepPlan[] {
  const { dataset } = spec;
  checkSources(dataset);
  const faces = chooseFaceFinder(dataset, context);
  const prepareSeconds = PREPARE_SECONDS_PER_IMAGE + (faces === null ? 0 : FIND_FACES_SECONDS_PER_IMAGE);
  const items = context.sources.items;
  const count = items ?? 0;
  const resolution = dataset.prepare.resolution ?? recipe?.resolution ?? DEFAULT_RESOLUTION;
  const minSidePixels = dataset.cleaning.minSidePixels ?? Math.max(32, Math.floor(resolution / 2));
  return [
    {
      step: {
        name: "source",
        kind: "source",
        job: indexSourceJob.name,
        jobVersion: indexSourceJob.version,
        needs: [],
        fanOut: { type: "single" },
        params: asParams({ sources: dataset.sources }),
        external: context.sources.digest,
        estimate: {
          items,
          seconds: (context.sources.bytes ?? count * USUAL_IMAGE_BYTES) / READ_BYTES_PER_SECOND,
          microUsd: 0,
        },
      },
      notes: notesOnSize(resolution, recipe),
    },
    {
      step: {
        name: "prepare",
        kind: "prepare",
        job: prepareImagesJob.name,
        jobVersion: prepareImagesJob.version,
        needs: ["source"],
        fanOut: { type: "parts", of: "source" },
        params: asParams({ ...dataset.prepare, resolution, ...(faces === null ? {} : { faces }) }),
        external: null,
        estimate: { items, seconds: count * prepareSeconds, microUsd: 0 },
      },
      notes: [],
    },
    {
      step: {
        name: "dataset",
        kind: "dataset",
        job: assembleDatasetJob.name,
        jobVersion: assembleDatasetJob.version,
        needs: ["source", "prepare"],
        fanOut: { type: "single" },
        params: asParams({
          name: dataset.name ?? spec.name,
          cleaning: { ...dataset.cleaning, minSidePixels },
          gates: dataset.gates,
          willCaption: spec.caption !== undefined,
          willTrain: spec.train !== undefined,
        }),
        external: null,
        estimate: { items, seconds: count * COMPARE_SECONDS_PER_IMAGE, microUsd: 0 },
      },
      notes: [],
    },
  ];
}

function notesOnSize(resolution: number, recipe: Recipe | null): string[] {
  if (recipe === null || resolution >= recipe.resolution) return [];
  return [
    `dataset.prepare.resolution: pictures are prepared at ${resolution} pixels and trained at ${recipe.resolution}; what is enlarged gains no detail`,
  ];
}

/** Id of what looks for faces; null where nothing asks for faces. */
function chooseFaceFinder({ prepare, cleaning }: RunSpec["dataset"], { faceFinder }: PlanContext): string | null {
  const field = prepare.crop === "faces" ? "prepare.crop" : cleaning.faces !== "ignore" ? "cleaning.faces" : undefined;
  if (field === undefined) return null;
  if (faceFinder?.available) return faceFinder.id;
  return refuse({
    code: "faces-unavailable",
    field: `dataset.${field}`,
    problem: faceFinder?.message ?? "this installation finds no faces",
    likely: field === "prepare.crop" ? "without them, choose attention" : "without them, leave it out",
  });
}

/** Credentials in a source would end up in the plan, the catalog and every listing of it. */
function checkSources({ sources }: RunSpec["dataset"]): void {
  for (const [index, source] of sources.entries()) {
    if (source.type !== "s3" || !/^s3:\/\/[^/]*@/.test(source.url)) continue;
    refuse({
      code: "secret-in-url",
      field: `dataset.sources.${index}.url`,
      problem: "the URL holds credentials",
      allowed: "s3://bucket/prefix",
      likely: "put the credentials into the configuration of the object store",
    });
  }
}
