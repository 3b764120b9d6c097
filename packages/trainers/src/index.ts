export { parseBar, parseLoss, splitLines } from "./progress-line.ts";
export {
  type FoundCheckpoint,
  imagesSeen,
  type LineContext,
  type ModelRole,
  type OutputFile,
  type TrainerAdapter,
  type TrainerCommand,
  type TrainerEvent,
  type TrainingPlace,
} from "./trainer-adapter.ts";
export { trainerAdapters } from "./trainer-adapters.ts";
