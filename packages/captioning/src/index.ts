export { cleanCaption, dropUnfinished } from "./clean-caption.ts";
export { colourName } from "./colour-names.ts";
export { type DescribedImage, describeCaption } from "./describe-caption.ts";
export { CAPTIONING_VERSION, combineCaptions, type FinishingStyle, finishCaption } from "./finish-caption.ts";
export { describeCaptioner, simpleCaptioner } from "./local-captioners.ts";
export { simpleCaption } from "./simple-caption.ts";
export { type VisionPrompt, visionPrompt } from "./vision-prompt.ts";
