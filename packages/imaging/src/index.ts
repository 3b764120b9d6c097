export { type AnimationFrame, readAnimation } from "./animation.ts";
export {
  type Augmentation,
  type ColourJitter,
  flipImage,
  jitterColours,
  planAugmentation,
  randomCrop,
} from "./augment.ts";
export { type Bucket, type BucketChoice, fitBucket, makeBuckets, selectBucket } from "./buckets.ts";
export { type MusubiSettings, makeMusubiBuckets, selectMusubiBucket } from "./buckets-musubi.ts";
export {
  makeNovelAiBuckets,
  type NovelAiSettings,
  novelAiDefaults,
  selectNovelAiBucket,
} from "./buckets-novelai.ts";
export {
  type Checkable,
  type CheckName,
  type CheckResult,
  type CheckThresholds,
  checkPicture,
  checkSizes,
  defaultThresholds,
} from "./checks.ts";
export type { CropSettings } from "./crop.ts";
export { type Kernel, readRgb } from "./decode.ts";
export {
  type Comparable,
  type Duplicate,
  type DuplicateGroup,
  describeDuplicate,
  groupDuplicates,
} from "./duplicates.ts";
export { encodeImage, encodePicture, type PictureEncoding } from "./encode.ts";
export { checkFaces, facesShown } from "./faces.ts";
export { type ImageFormat, imageFormats, mediaTypes, sniffFormat } from "./format.ts";
export { compareSharpness, type FrameLook, frameDifference, lookAtFrame, looksTheSame } from "./frame-look.ts";
export { compareHashes, findLeaks, type Leak, type Likeness, type LikenessSettings } from "./leaks.ts";
export { defaultLimits, imagingConfig, type ReadLimits } from "./limits.ts";
export { measurePicture } from "./measure-picture.ts";
export { createNearIndex, type NearIndex, type Neighbour, readNearIndex } from "./near-index.ts";
export { pictureCodec } from "./picture-codec.ts";
export { insertPngText, type PngText, readPngText } from "./png-text.ts";
export { type PreparedPicture, prepareImage } from "./prepare-image.ts";
export { type Parameters, readParameters, writeParameters } from "./provenance/parameters.ts";
export { checkSignature, type ImageHeader, readHeader } from "./read-header.ts";
export { createCanvas, type Ink } from "./sheet/canvas.ts";
export { drawSheet } from "./sheet/draw-sheet.ts";
export { LETTER } from "./sheet/letters.ts";
export { planSheet } from "./sheet/plan-sheet.ts";
export { wrapText } from "./sheet/wrap-text.ts";
export {
  type Clip,
  type ClipMode,
  fitFrameCount,
  planClips,
  resampleFrames,
  type VideoRules,
  videoRules,
} from "./video-frames.ts";
