import {
  type CaptionerOptions,
  createPocketGeneration,
  createPocketTraining,
  openCaptioners,
} from "@loramill/backends";
import type { Clock, PocketEngine, Stores } from "@loramill/contracts";
import { encodeImage, readRgb } from "@loramill/imaging";
import { presets } from "@loramill/lora";
import type { Offers } from "./open-api.ts";

/** What this installation can do, for planning and for the doctor: nothing is trained or drawn through these. */
export function openOffers(parts: {
  engine: PocketEngine;
  stores: Stores;
  clock: Clock;
  captioner: CaptionerOptions;
}): { offers: Offers; close: () => Promise<void> } {
  const { engine, stores, clock } = parts;
  const captioners = openCaptioners(parts.captioner, { clock });
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
      trainingBackends: [training],
      generationBackends: [generation],
    },
    close: async () => {
      await Promise.all([captioners.close(), training.close(), generation.close()]);
    },
  };
}
