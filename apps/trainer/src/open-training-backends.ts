import { createPocketTraining } from "@loramill/backends";
import type { Clock, PocketEngine, RgbImage, Stores, TrainingBackend } from "@loramill/contracts";
import { readRgb } from "@loramill/imaging";

export interface TrainingBackendParts {
  readonly engine: PocketEngine;
  readonly stores: Stores;
  readonly clock: Clock;
}

/** The training backends of this installation, in the order in which `auto` tries them. */
export function openTrainingBackends({ engine, stores, clock }: TrainingBackendParts): readonly TrainingBackend[] {
  return [
    createPocketTraining({
      engine,
      stores,
      clock,
      prepareImage: (bytes, side) => readTrainingImage(bytes, side, engine.model.sideStep),
    }),
  ];
}

/** Prepared pictures are taken at the size they have, aspect and all; what the model cannot see is cut to a square. */
async function readTrainingImage(bytes: Uint8Array, side: number, sideStep: number): Promise<RgbImage> {
  const image = await readRgb(bytes);
  const isFit = [image.width, image.height].every((size) => size % sideStep === 0 && size <= 2 * side);
  return isFit ? image : readRgb(bytes, { size: { width: side, height: side, fit: "cover" } });
}
