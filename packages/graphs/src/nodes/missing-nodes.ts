import type { NodeClasses } from "../check/node-classes.ts";
import type { Graph } from "../graph.ts";
import { packNodes } from "./pack-nodes.ts";

/** The first ComfyUI release that has a core node in the form used here. Source: upstream history up to 0.33.0. */
const SINCE: Readonly<Record<string, string>> = {
  TrainLoraNode: "0.3.75",
  SaveLoRA: "0.3.75",
  LossGraphNode: "0.3.75",
  LoraModelLoader: "0.3.75",
  LoadImageTextDataSetFromFolder: "0.3.75",
  MakeTrainingDataset: "0.3.75",
  CenterCropImages: "0.3.75",
  SaveTrainingDataset: "0.29.0",
  LoadTrainingDataset: "0.29.0",
  ResolutionBucket: "0.5.1",
  ResizeImageMaskNode: "0.7.0",
  WanSoundImageToVideo: "0.3.52",
  WanSoundImageToVideoExtend: "0.3.52",
  WanAnimateToVideo: "0.3.59",
  WanInfiniteTalkToVideo: "0.10.0",
  SDPoseKeypointExtractor: "0.15.0",
  SDPoseDrawKeypoints: "0.15.0",
  SDPoseFaceBBoxes: "0.15.0",
  FrameInterpolationModelLoader: "0.19.3",
  FrameInterpolate: "0.19.3",
};

/** Where each pack is developed; ComfyUI-Manager finds it by its name. */
const REPOSITORIES: Readonly<Record<keyof typeof packNodes, string>> = {
  "ComfyUI-VideoHelperSuite": "Kosinkadink/ComfyUI-VideoHelperSuite",
  ComfyUI_IPAdapter_plus: "cubiq/ComfyUI_IPAdapter_plus",
  "ComfyUI-AnimateDiff-Evolved": "Kosinkadink/ComfyUI-AnimateDiff-Evolved",
  comfyui_controlnet_aux: "Fannovel16/comfyui_controlnet_aux",
  "ComfyUI-FluxRegionAttention": "attashe/ComfyUI-FluxRegionAttention",
  "ComfyUI-ReActor": "Gourieff/ComfyUI-ReActor",
  "ComfyUI-AdvancedLivePortrait": "PowerHouseMan/ComfyUI-AdvancedLivePortrait",
  "ComfyUI-LivePortraitKJ": "kijai/ComfyUI-LivePortraitKJ",
  "ComfyUI-Frame-Interpolation": "Fannovel16/ComfyUI-Frame-Interpolation",
};

/** A class that a server lacks, and what to install. */
export interface MissingNode {
  readonly type: string;
  /** Of a custom node; null for one of ComfyUI's own. */
  readonly pack: { readonly name: string; readonly repository: string } | null;
  /** The first release with it, of ComfyUI's own ones that came late. */
  readonly since: string | null;
  readonly message: string;
}

/** What to do about a class that a server does not have. */
export function describeMissing(type: string): MissingNode {
  const pack = packOf(type);
  const since = SINCE[type] ?? null;
  if (pack !== null) {
    const message = `the server has no node ${type}: install the pack ${pack.name} (${pack.repository}), or look in the server's log for why it failed to load`;
    return { type, pack, since, message };
  }
  const message =
    since === null
      ? `the server has no node ${type}: install the pack that brings it, or look in the server's log for why it failed to load`
      : `the server has no node ${type}, which comes with ComfyUI ${since}: update it, or look in its log for why the node failed to load`;
  return { type, pack, since, message };
}

/** The pack that brings a class; null for ComfyUI's own and unknown ones. */
export function packOf(type: string): MissingNode["pack"] {
  for (const [name, nodes] of Object.entries(packNodes)) {
    if (type in nodes) return { name, repository: REPOSITORIES[name as keyof typeof packNodes] };
  }
  return null;
}

/** The classes of a graph that a server lacks, each once. */
export function missingNodes(graph: Graph, classes: NodeClasses): MissingNode[] {
  const types = new Set(Object.values(graph).map(({ class_type: type }) => type));
  return [...types].filter((type) => !classes.has(type)).map(describeMissing);
}
