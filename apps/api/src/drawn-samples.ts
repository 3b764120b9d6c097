import { BlobRef, type RunEvent, TrainingSample } from "@loramill/contracts";
import { z } from "zod";

/** What `training.sample` tells; events of before it told bytes and type are passed over. */
const Told = z.object({
  ...TrainingSample.omit({ image: true }).shape,
  image: BlobRef.shape.sha256,
  bytes: BlobRef.shape.bytes,
  mediaType: BlobRef.shape.mediaType,
});

/**
 * The samples that a training has drawn so far, by step and place. A training that went on from a checkpoint draws some again:
 * the last stand.
 */
export function drawnSamples(events: readonly RunEvent[], step: string): readonly TrainingSample[] {
  const samples = new Map<string, TrainingSample>();
  for (const event of events) {
    const told = event.type === "training.sample" && event.step === step ? Told.safeParse(event.data) : null;
    if (!told?.success) continue;
    const { image: sha256, bytes, mediaType, ...sample } = told.data;
    samples.set(`${sample.step} ${sample.index}`, { ...sample, image: { sha256, bytes, mediaType } });
  }
  return [...samples.values()].sort((a, b) => a.step - b.step || a.index - b.index);
}
