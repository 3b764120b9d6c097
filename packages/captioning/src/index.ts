export type { CaptionRecipe } from "./caption-recipes.ts";
export { cleanCaption, dropUnfinished } from "./clean-caption.ts";
export { colourName } from "./colour-names.ts";
export { type Answers, fusePrompt, longestAnswer, similarity, voteOnParts } from "./combine-answers.ts";
export { estimateTokens, MARK_TOKENS, type Tokenizer } from "./count-tokens.ts";
export { type DescribedImage, describeCaption } from "./describe-caption.ts";
export {
  type AppliedRule,
  combineCaptions,
  type FinishingStyle,
  finishCaption,
  previewFinish,
} from "./finish-caption.ts";
export type { InterrogationMode, LabelPoints } from "./interrogate.ts";
export { type InterrogationLists, interrogationTables, ownLists } from "./interrogation-lists.ts";
export { createInterrogatorCaptioner } from "./interrogator-captioner.ts";
export { describeCaptioner, metadataCaptioner, sidecarCaptioner, simpleCaptioner } from "./local-captioners.ts";
export { simpleCaption } from "./simple-caption.ts";
export { type VisionPrompt, visionPrompt } from "./vision-prompt.ts";
