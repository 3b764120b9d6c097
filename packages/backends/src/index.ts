export { type CaptionerOptions, captionerConfig } from "./captioner-config.ts";
export { type OfferedCaptioner, type OpenedCaptioners, openCaptioners } from "./open-captioners.ts";
export { createOpenAiCaptioner, type OpenAiCaptionerOptions } from "./openai/openai-captioner.ts";
export { createPocketGeneration, type PocketGenerationOptions } from "./pocket/pocket-generation.ts";
export { createPocketTraining, type PocketTrainingOptions } from "./pocket/pocket-training.ts";
