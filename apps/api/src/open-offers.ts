import {
  type CaptionerOptions,
  createPocketGeneration,
  createPocketTraining,
  openCaptioners,
} from "@loramill/backends";
import type { Clock, PocketEngine, Stores } from "@loramill/contracts";
import { encodeImage, readRgb } from "@loramill/imaging";
import { presets } from "@loramill/recipes";
import { createFaceFinder, openWdTagger, type TaggerOptions } from "@loramill/vision";
import type { Offers } from "./open-api.ts";

/** What this installation can do, for planning and for the doctor: nothing is trained or drawn through these. */
export async function openOffers(parts: {
  engine: PocketEngine;
  stores: Stores;
  clock: Clock;
  captioner: CaptionerOptions;
  tagger: TaggerOptions;
}): Promise<{ offers: Offers; close: () => Promise<void> }> {
  const { engine, stores, clock } = parts;
  const faceFinder = createFaceFinder();
  const local =
    parts.tagger === null ? [] : [{ provider: "wd-tagger" as const, captioner: await openWdTagger(parts.tagger) }];
  const captioners = openCaptioners(parts.captioner, { clock }, local);
  const training = createPocketTraining({
    engine,
    stores,
    clock,
    prepareImage: (bytes, side) => readRgb(bytes, { size: { width: side, height: side, fit: "cover" } }),
  });
  const generation = createPocketGeneration({ engine, stores, clock, encodePng: (image) => encodeImage(image, "png") });
  return {
    offers: {
      presets,
      captioners: captioners.all,
      fuser: captioners.fuser,
      faceFinder,
      trainingBackends: [training],
      generationBackends: [generation],
    },
    close: async () => {
      await Promise.all([captioners.close(), faceFinder.close(), training.close(), generation.close()]);
    },
  };
}
