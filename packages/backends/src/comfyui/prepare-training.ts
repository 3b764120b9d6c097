import {
  type BackendContext,
  type KnownModel,
  PermanentError,
  type Stores,
  type TrainingRequest,
  UserError,
} from "@loramill/contracts";
import { checkGraph, describeMissing, type NodeClasses } from "@loramill/graphs";
import { findBaseFiles, loadersOf } from "./base-files.ts";
import type { ComfyUiClient } from "./client.ts";
import { datasetFolder, uploadDataset } from "./dataset-folder.ts";
import { fitGraph } from "./fit-graph.ts";
import { keepingNodes, keptName, openKeptDatasets } from "./kept-dataset.ts";
import { choosePictureSizes } from "./picture-sizes.ts";
import { drawingNodes, sampleSettings } from "./sample-graph.ts";
import { trainSettings } from "./train-settings.ts";
import { type DatasetSource, type PictureSizes, type TrainingGraph, trainingGraph } from "./training-graph.ts";

const PICTURE_LOADER = "LoadImageTextDataSetFromFolder";

export interface PreparedTraining extends TrainingGraph {
  /** Name under which the server keeps the encoded pictures, or has kept them; null when it does not. */
  readonly kept: string | null;
  /** What the pictures made necessary, in sentences. */
  readonly changes: readonly { readonly code: string; readonly message: string }[];
}

/**
 * Makes a server ready for a training and answers its graph: nodes and base model are looked for before the pictures are
 * uploaded, and the graph is checked against what the server says of itself. UserError `nodes-missing`,
 * `base-model-missing` or `unsupported-picture`; PermanentError `graph-refused` when the server has changed its nodes.
 */
export async function prepareTraining(
  request: TrainingRequest,
  prefix: string,
  to: {
    readonly client: ComfyUiClient;
    readonly stores: Stores;
    readonly models: () => Promise<readonly KnownModel[]>;
    readonly context: BackendContext;
  },
): Promise<PreparedTraining> {
  const { recipe, images } = request;
  const { client, stores, context } = to;
  const { signal } = context;
  const { sizes, change } = choosePictureSizes(recipe, images);
  const needed = classesFor(recipe.family, sizes);
  const wanted = sampleSettings(recipe);
  const drawing = wanted === null ? [] : drawingNodes(wanted);
  const classes = new Map(await client.nodes([...needed, ...keepingNodes, ...drawing], signal));
  const missing = needed.filter((type) => !classes.has(type));
  if (missing.length > 0) {
    const advice = missing.map((type) => describeMissing(type).message).join("; ");
    throw new UserError(`ComfyUI at ${client.name} cannot train: ${advice}`, {
      code: "nodes-missing",
      details: { nodes: missing },
    });
  }
  const base = findBaseFiles(recipe, classes, client.name, await to.models());
  const folder = datasetFolder(images);
  const canKeep = keepingNodes.every((type) => classes.has(type));
  const kept = recipe.latentCaching === "disk" && canKeep ? keptName(folder, base, sizes) : null;
  const isKept = kept !== null && lists(classes, kept) && (await openKeptDatasets(stores).isWhole(client.name, kept));
  const dataset: DatasetSource = isKept ? { kind: "kept", name: kept } : { kind: "pictures", folder, keepAs: kept };
  if (dataset.kind === "kept") context.onLog(`${client.name} has the pictures encoded as ${dataset.name}`);
  else {
    const { sent } = await uploadDataset(images, folder, { client, stores, signal });
    context.onLog(`${images.length} pictures lie on ${client.name} (${sent} files sent)`);
    // Its list of folders has changed.
    for (const [type, found] of await client.nodes([PICTURE_LOADER], signal)) classes.set(type, found);
  }
  const undrawable = drawing.filter((type) => !classes.has(type));
  const samples = undrawable.length === 0 ? wanted : null;
  const made = trainingGraph({ base, dataset, sizes, train: trainSettings(recipe), samples, prefix });
  const graph = fitGraph(made.graph, classes);
  refuseIssues(graph, classes, client.name);
  return {
    graph,
    trainNode: made.trainNode,
    kept,
    changes: [
      ...(change === null ? [] : [{ code: "buckets", message: change }]),
      ...(samples === wanted ? [] : [{ code: "samplePrompts", message: noSamples(client.name, undrawable) }]),
    ],
  };
}

const noSamples = (server: string, missing: readonly string[]): string =>
  `no samples were drawn: ComfyUI at ${server} has no ${missing.join(", ")}`;

function classesFor(family: TrainingRequest["recipe"]["family"], sizes: PictureSizes): string[] {
  return [
    ...loadersOf(family),
    PICTURE_LOADER,
    ...(sizes.kind === "buckets" ? ["ResolutionBucket"] : ["CenterCropImages"]),
    ...(sizes.kind === "square" && sizes.isScaled ? ["ResizeImageMaskNode"] : []),
    "MakeTrainingDataset",
    "TrainLoraNode",
    "SaveLoRA",
    "LossGraphNode",
  ];
}

/** Whether the server offers a kept dataset of this name. */
function lists(classes: NodeClasses, name: string): boolean {
  const spec = classes.get("LoadTrainingDataset")?.inputs.get("folder_name")?.spec;
  return spec?.kind === "choice" && spec.options.includes(name);
}

function refuseIssues(graph: TrainingGraph["graph"], classes: NodeClasses, server: string): void {
  const issues = checkGraph(graph, classes);
  if (issues.length === 0) return;
  const said = issues
    .slice(0, 5)
    .map(({ message }) => message)
    .join("; ");
  throw new PermanentError(`ComfyUI at ${server} has nodes of another version than Loramill knows: ${said}`, {
    code: "graph-refused",
    details: { problems: issues.length },
  });
}
