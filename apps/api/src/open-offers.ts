import {
  createOpenAiCaptioner,
  createPocketGeneration,
  createPocketTraining,
  type OpenAiCaptionerOptions,
} from "@loramill/backends";
import { describeCaptioner, simpleCaptioner } from "@loramill/captioning";
import type { Clock, PocketEngine, Stores } from "@loramill/contracts";
import { encodeImage, readRgb } from "@loramill/imaging";
import { presets } from "@loramill/lora";
import type { Offers } from "./open-api.ts";

/** What this installation can do, for planning and for the doctor: nothing is trained or drawn through these. */
export function openOffers(parts: {
  engine: PocketEngine;
  stores: Stores;
  clock: Clock;
  openai: OpenAiCaptionerOptions | null;
}): { offers: Offers; close: () => Promise<void> } {
  const { engine, stores, clock } = parts;
  const openai =
    parts.openai === null ? null : createOpenAiCaptioner(parts.openai, { clock, shrink: async (picture) => picture });
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
      captioners: [
        ...(openai === null ? [] : [{ provider: "openai" as const, captioner: openai }]),
        { provider: "describe", captioner: describeCaptioner },
        { provider: "simple", captioner: simpleCaptioner },
      ],
      trainingBackends: [training],
      generationBackends: [generation],
    },
    close: async () => {
      await Promise.all([openai?.close(), training.close(), generation.close()]);
    },
  };
}
