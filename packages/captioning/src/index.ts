export type { CaptionRecipe } from "./caption-recipes.ts";
export { cleanCaption, dropUnfinished } from "./clean-caption.ts";
export { colourName } from "./colour-names.ts";
export { type Answers, fusePrompt, longestAnswer, similarity, voteOnParts } from "./combine-answers.ts";
export { countTokens, MARK_TOKENS, type Tokenizer } from "./count-tokens.ts";
export { type DescribedImage, describeCaption } from "./describe-caption.ts";
export {
  type AppliedRule,
  combineCaptions,
  type FinishingStyle,
  finishCaption,
  previewFinish,
} from "./finish-caption.ts";
export {
  createInterrogator,
  type Interrogation,
  type InterrogationMode,
  type InterrogationTables,
} from "./interrogate.ts";
export { describeCaptioner, metadataCaptioner, sidecarCaptioner, simpleCaptioner } from "./local-captioners.ts";
export { simpleCaption } from "./simple-caption.ts";
export { type VisionPrompt, visionPrompt } from "./vision-prompt.ts";
