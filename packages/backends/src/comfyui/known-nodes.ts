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
};

/** What to do about a node that a server does not have. */
export function missingNode(type: string): string {
  const since = SINCE[type];
  if (since === undefined) {
    return `the server has no node ${type}: install the pack that brings it, or look in the server's log for why it failed to load`;
  }
  return `the server has no node ${type}, which comes with ComfyUI ${since}: update it, or look in its log for why the node failed to load`;
}
