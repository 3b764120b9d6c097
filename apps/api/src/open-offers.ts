import {
  type CaptionerOptions,
  createReplicateWebhooks,
  type GenerationOptions,
  type LlmOptions,
  openCaptioners,
  openGenerationBackends,
  openPromptAnalyst,
  openTrainingBackends,
  type TrainingOptions,
} from "@loramill/backends";
import type { AgentPod, Clock, PocketEngine, Stores } from "@loramill/contracts";
import { measurePicture, pictureCodec, readRgb } from "@loramill/imaging";
import { presets } from "@loramill/recipes";
import { createRemoteReader, type SourceLimits } from "@loramill/storage";
import { createClipTools, type VideoOptions } from "@loramill/video";
import { createFaceFinder, openVision, type VisionOptions } from "@loramill/vision";
import type { Offers } from "./open-api.ts";

/** What this installation can do, for planning and for the doctor: nothing is trained or drawn through these. */
export async function openOffers(parts: {
  engine: PocketEngine;
  stores: Stores;
  clock: Clock;
  /** The rented machines whose agents can be asked now. */
  pods: () => Promise<readonly AgentPod[]>;
  captioner: CaptionerOptions;
  llm: LlmOptions;
  vision: VisionOptions;
  training: TrainingOptions;
  generation: GenerationOptions;
  sources: Pick<SourceLimits, "http">;
  video: VideoOptions;
}): Promise<{ offers: Offers; close: () => Promise<void> }> {
  const { engine, stores, clock, pods } = parts;
  const faceFinder = createFaceFinder();
  const vision = await openVision(parts.vision, stores);
  const captioners = openCaptioners(parts.captioner, { clock }, vision.captioners);
  const training = openTrainingBackends(parts.training, {
    engine,
    stores,
    clock,
    pods,
    prepareImage: (bytes, side) => readRgb(bytes, { size: { width: side, height: side, fit: "cover" } }),
  });
  const reader = createRemoteReader(parts.sources.http);
  const generation = openGenerationBackends(parts.generation, {
    engine,
    stores,
    clock,
    pictures: pictureCodec,
    measurePicture,
    readRemoteFile: reader.read,
    tools: createClipTools(parts.video),
  });
  const analyst = openPromptAnalyst(parts.llm, { clock });
  const replicate = parts.training.replicate ?? parts.generation.replicate;
  const replicateWebhooks = replicate === null ? null : createReplicateWebhooks(replicate, { clock });
  return {
    offers: {
      presets,
      captioners: captioners.all,
      fuser: captioners.fuser,
      embedder: vision.embedder,
      tokenCounters: vision.tokenCounters,
      faceFinder,
      analyst,
      trainingBackends: training,
      generationBackends: generation,
      unset: parts.training.comfyui.isSet ? [] : ["comfyui"],
      replicateWebhooks,
    },
    close: async () => {
      await Promise.all([
        captioners.close(),
        vision.close(),
        faceFinder.close(),
        analyst?.close(),
        ...generation.map((backend) => backend.close()),
        ...training.map((backend) => backend.close()),
        replicateWebhooks?.close(),
        reader.close(),
      ]);
    },
  };
}
