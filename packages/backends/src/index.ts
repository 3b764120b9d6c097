export { captionerConfig } from "./openai/captioner-config.ts";
export {
  createOpenAiCaptioner,
  type OpenAiCaptionerOptions,
  type OpenAiCaptionerParts,
} from "./openai/openai-captioner.ts";
export { createPocketGeneration, type PocketGenerationOptions } from "./pocket/pocket-generation.ts";
export { createPocketTraining, type PocketTrainingOptions } from "./pocket/pocket-training.ts";
