import {
  type AgentImage,
  type AgentModelFile,
  type Digest,
  digestOf,
  type ExpertChanges,
  type Recipe,
  type TrainerName,
  type TrainingImage,
  type TrainingRequest,
} from "@loramill/contracts";

/** What decides whether an agent's training is the one that is asked for, and whether a checkpoint fits it. */
export interface RequestDigests {
  readonly request: Digest;
  readonly lineage: Digest;
}

const PROTOCOL = 1;

export function requestDigests(
  request: TrainingRequest,
  trainer: TrainerName,
  models: readonly AgentModelFile[],
): RequestDigests {
  const pictures = (images: readonly TrainingImage[]) =>
    images.map(({ image, caption }) => ({ image: image.sha256, caption }));
  const what = {
    protocol: PROTOCOL,
    trainer,
    models: models.map(({ role, sha256 }) => ({ role, sha256 })),
    images: pictures(request.images),
    regularisation: pictures(request.regularisationImages ?? []),
  };
  return {
    request: digestOf({ ...what, recipe: request.recipe }),
    lineage: digestOf({ ...what, recipe: unchanging(request.recipe) }),
  };
}

/**
 * A training that ran out of memory or diverged goes on from its last checkpoint with a smaller batch or a lower rate, so
 * these do not separate checkpoints; what a step learns from is the same.
 */
function unchanging(recipe: Recipe) {
  const { learningRate, textEncoderLearningRate, batchSize, gradientAccumulation, saveEverySteps, ...rest } = recipe;
  const ofExpert = (changes: ExpertChanges | null) => {
    if (changes === null) return null;
    const { learningRate: _, ...kept } = changes;
    return kept;
  };
  const { experts } = recipe;
  return {
    ...rest,
    experts: experts && { ...experts, high: ofExpert(experts.high), low: ofExpert(experts.low) },
    picturesPerStep: batchSize * gradientAccumulation,
  };
}

export function agentImages(images: readonly TrainingImage[]): AgentImage[] {
  return images.map(({ image, width, height, caption }) => ({
    sha256: image.sha256,
    bytes: image.bytes,
    mediaType: image.mediaType,
    width,
    height,
    caption,
  }));
}
