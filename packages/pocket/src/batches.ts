import { type PocketTrainingImage, type PocketTrainingSettings, UserError } from "@loramill/contracts";
import { createRandom, shuffled } from "./random.ts";

/** The pictures of one step, all of one size. */
export type Batches = (step: number) => readonly PocketTrainingImage[];

/**
 * Which pictures a step sees, from the seed and the step alone. Every epoch passes over every picture in a new order;
 * a batch that would be partial is filled from the start of its size's order, so that all steps weigh the same.
 */
export function planBatches(images: readonly PocketTrainingImage[], settings: PocketTrainingSettings): Batches {
  if (images.length === 0) throw new UserError("there are no pictures to train on", { code: "no-images" });
  const groups = [...Map.groupBy(images, ({ width, height }) => `${width}x${height}`).values()];
  const { seed, batchSize } = settings;
  const batchesOf = groups.map((group) => Math.ceil(group.length / batchSize));
  const perEpoch = batchesOf.reduce((sum, batches) => sum + batches, 0);

  let planned = { epoch: -1, batches: [] as PocketTrainingImage[][] };
  const plan = (epoch: number): PocketTrainingImage[][] => {
    const batches = groups.flatMap((group, index) => {
      const order = shuffled(createRandom(seed, "pictures", epoch, index), group);
      return Array.from({ length: batchesOf[index] ?? 0 }, (_, part) =>
        Array.from(
          { length: batchSize },
          (_, place) => order[(part * batchSize + place) % order.length] as PocketTrainingImage,
        ),
      );
    });
    return shuffled(createRandom(seed, "batches", epoch), batches);
  };
  return (step) => {
    const epoch = Math.floor(step / perEpoch);
    if (planned.epoch !== epoch) planned = { epoch, batches: plan(epoch) };
    return planned.batches[step % perEpoch] ?? [];
  };
}
