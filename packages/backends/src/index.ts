export { type CaptionerOptions, captionerConfig } from "./captioner-config.ts";
export { type OfferedCaptioner, type OpenedCaptioners, openCaptioners } from "./open-captioners.ts";
export { openTrainingBackends, type TrainingParts } from "./open-training-backends.ts";
export { createOpenAiCaptioner, type OpenAiCaptionerOptions } from "./openai/openai-captioner.ts";
export { createPocketGeneration, type PocketGenerationOptions } from "./pocket/pocket-generation.ts";
export { createPocketTraining, type PocketTrainingOptions } from "./pocket/pocket-training.ts";
export { createReplicateTraining, type ReplicateTrainingOptions } from "./replicate/replicate-training.ts";
export { createReplicateWebhooks, type ReplicateWebhooks } from "./replicate/replicate-webhooks.ts";
export { type TrainingOptions, trainingConfig } from "./training-config.ts";
