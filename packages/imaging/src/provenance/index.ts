/** How pictures were made: read and written without loading the library of pixels. */
export type { ProvenanceFormat } from "./containers/picture-blocks.ts";
export { describeParameters, type PictureFacts } from "./describe-parameters.ts";
export type { Parameters } from "./parameters.ts";
export { type Provenance, readProvenance, readProvenanceTexts } from "./read-provenance.ts";
export type { DrawnWith, ProvenanceTool, Reading, ReadLora } from "./reading.ts";
export { type LeftOut, type Making, provenanceTags, type WriteOptions, writeProvenance } from "./write-provenance.ts";
export { digitalSourceTypes } from "./xmp-packet.ts";
