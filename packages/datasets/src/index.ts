export type { AnnotationFile } from "./annotations/annotation.ts";
export { type Annotations, annotationLimitBytes, readAnnotations } from "./annotations/read-annotations.ts";
export { createContentDigest } from "./content.ts";
export { type DatasetChange, deriveImages } from "./derive.ts";
export { type ComparedImage, type DatasetDiff, diffDatasets } from "./diff.ts";
export { exportFiles } from "./export-files.ts";
export type { ExportFile, ExportItem, ExportSettings } from "./export-item.ts";
export { packFiles } from "./pack.ts";
export { createStatistics } from "./statistics.ts";
