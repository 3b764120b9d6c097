export { type BuiltGraph, buildGraph } from "./build-graph.ts";
export { checkGraph, type GraphIssue, listed } from "./check/check-graph.ts";
export { type MissingModel, missingModels } from "./check/missing-models.ts";
export {
  type InputSpec,
  type NodeClass,
  type NodeClasses,
  type NodeInput,
  readNodeClasses,
} from "./check/node-classes.ts";
export { draftGraph, type GraphDraft, type NeededModel } from "./draft.ts";
export { families, findFamily, usualOf } from "./families/families.ts";
export type { Family, Usual, UsualSampling } from "./families/family.ts";
export { type Graph, type GraphInput, type GraphNode, isLink, type Link } from "./graph.ts";
export { describeMissing, type MissingNode, missingNodes } from "./nodes/missing-nodes.ts";
export type { Output } from "./nodes/signature.ts";
export type { FrameWindow, GraphNames, GraphOutput, LoraFiles } from "./parts/making.ts";
export { checkSpec } from "./spec/check-spec.ts";
export { resolveSpec } from "./spec/resolve-spec.ts";
export { type Settled, settle } from "./spec/settle.ts";
