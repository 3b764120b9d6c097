import type { z } from "zod";
import { assembleDatasetJob } from "./assemble-dataset.ts";
import { captionImagesJob } from "./caption-images.ts";
import { checkLorasJob } from "./check-loras.ts";
import type { QueueName } from "./define-job.ts";
import { drawGridJob } from "./draw-grid.ts";
import { editLoraJob } from "./edit-lora.ts";
import { extractLoraJob } from "./extract-lora.ts";
import { fillVolumeJob } from "./fill-volume.ts";
import { generateImagesJob } from "./generate-images.ts";
import { indexSourceJob } from "./index-source.ts";
import { mergeIntoModelJob } from "./merge-into-model.ts";
import { prepareImagesJob } from "./prepare-images.ts";
import { tendMachineJob } from "./tend-machine.ts";
import { trainLoraJob } from "./train-lora.ts";
import { verifyReplayJob } from "./verify-replay.ts";

/** Every job of the mill, by name. A new job is one file and one line here. */
export const jobs = {
  "index-source": indexSourceJob,
  "prepare-images": prepareImagesJob,
  "assemble-dataset": assembleDatasetJob,
  "caption-images": captionImagesJob,
  "train-lora": trainLoraJob,
  "edit-lora": editLoraJob,
  "extract-lora": extractLoraJob,
  "merge-into-model": mergeIntoModelJob,
  "check-loras": checkLorasJob,
  "verify-replay": verifyReplayJob,
  "generate-images": generateImagesJob,
  "draw-grid": drawGridJob,
  "tend-machine": tendMachineJob,
  "fill-volume": fillVolumeJob,
} as const;

export type Jobs = typeof jobs;
export type JobName = keyof Jobs;
export type InputOf<N extends JobName> = z.output<Jobs[N]["input"]>;
export type OutputOf<N extends JobName> = z.output<Jobs[N]["output"]>;
export type JobNamesOf<Q extends QueueName> = { [N in JobName]: Jobs[N]["queue"] extends Q ? N : never }[JobName];
