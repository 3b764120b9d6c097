export { readRgb } from "./decode.ts";
export { type Comparable, type Duplicate, type DuplicateGroup, groupDuplicates } from "./duplicates.ts";
export { encodeImage } from "./encode.ts";
export { type ImageFormat, imageFormats, mediaTypes, sniffFormat } from "./format.ts";
export { defaultLimits, imagingConfig, type ReadLimits } from "./limits.ts";
export { type Parameters, readParameters, writeParameters } from "./parameters.ts";
export { insertPngText, type PngText, readPngText } from "./png-text.ts";
export { type PreparedPicture, prepareImage } from "./prepare-image.ts";
export { checkSignature, type ImageHeader, readHeader } from "./read-header.ts";
