import {
  createReplicateWebhooks,
  openCaptioners,
  openGenerationBackends,
  openPromptAnalyst,
  openTrainingBackends,
} from "@loramill/backends";
import type { Clock, PocketEngine } from "@loramill/contracts";
import { measurePicture, pictureCodec, readRgb } from "@loramill/imaging";
import { presets } from "@loramill/recipes";
import type { ConfigOf, Services } from "@loramill/runtime";
import { createRemoteReader } from "@loramill/storage";
import { createClipTools } from "@loramill/video";
import { createFaceFinder, openVision } from "@loramill/vision";
import type { apiProcessConfig } from "./config.ts";
import type { Offers } from "./open-api.ts";

/** What this installation can do, for planning and for the doctor: nothing is trained or drawn through these. */
export async function openOffers(parts: {
  config: ConfigOf<typeof apiProcessConfig>;
  services: Pick<Services, "catalog" | "stores">;
  engine: PocketEngine;
  clock: Clock;
}): Promise<{ offers: Offers; close: () => Promise<void> }> {
  const { config, services, engine, clock } = parts;
  const { stores } = services;
  const pods = () => services.catalog.fleet.agentPods();
  const faceFinder = createFaceFinder();
  const vision = await openVision(config, stores);
  const captioners = openCaptioners(config.captioner, { clock }, vision.captioners);
  const training = openTrainingBackends(config.training, {
    engine,
    stores,
    clock,
    pods,
    prepareImage: (bytes, side) => readRgb(bytes, { size: { width: side, height: side, fit: "cover" } }),
  });
  const reader = createRemoteReader(config.sources.http);
  const generation = openGenerationBackends(config.generation, {
    engine,
    stores,
    clock,
    pictures: pictureCodec,
    measurePicture,
    readRemoteFile: reader.read,
    tools: createClipTools(config.video.video),
  });
  const analyst = openPromptAnalyst(config.llm.llm, { clock });
  const replicate = config.training.replicate ?? config.generation.replicate;
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
      unset: config.training.comfyui.isSet ? [] : ["comfyui"],
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
