import { type GenerationSpec, UserError } from "@loramill/contracts";
import { draftGraph, type NeededModel } from "./draft.ts";
import type { Graph } from "./graph.ts";
import { drawPicture } from "./kinds/draw-picture.ts";
import { faceExpression, faceMotion, faceSwap } from "./kinds/faces.ts";
import { imageToVideo } from "./kinds/image-to-video.ts";
import { inpaint } from "./kinds/inpaint.ts";
import { interpolate } from "./kinds/interpolate.ts";
import { motionTransfer } from "./kinds/motion-transfer.ts";
import { restyleClip } from "./kinds/restyle-clip.ts";
import { solidColour } from "./kinds/solid-colour.ts";
import { speechToVideo } from "./kinds/speech-to-video.ts";
import { textToVideo } from "./kinds/text-to-video.ts";
import { upscale } from "./kinds/upscale.ts";
import type { GraphNames, GraphOutput, Making } from "./parts/making.ts";
import { checkSpec } from "./spec/check-spec.ts";

/** A graph for one spec, and what a server needs for it. */
export interface BuiltGraph {
  readonly graph: Graph;
  readonly outputs: readonly GraphOutput[];
  readonly models: readonly NeededModel[];
  /** Classes of its nodes, each once, in the order of their first use. */
  readonly nodes: readonly string[];
  /** What is made in another way than asked for, as sentences. */
  readonly notes: readonly string[];
}

/**
 * The graph that makes what a spec describes; equal arguments give equal graphs. UserError `impossible-request` with the
 * field for a spec that `checkSpec` finds errors in, that ComfyUI does not make, or whose inputs or LoRAs have no name.
 */
export function buildGraph(spec: GenerationSpec, names: GraphNames): BuiltGraph {
  const [problem] = checkSpec(spec).filter(({ severity }) => severity === "error");
  if (problem !== undefined) refuse(problem.field, problem.message);
  const draft = draftGraph();
  const making: Making = { draft, names, outputs: [], notes: [], loaded: new Map() };
  make(making, spec);
  const graph = draft.graph();
  return {
    graph,
    outputs: making.outputs,
    models: draft.models(),
    nodes: [...new Set(Object.values(graph).map(({ class_type: type }) => type))],
    notes: making.notes,
  };
}

function make(making: Making, spec: GenerationSpec): void {
  if ("model" in spec && typeof spec.model === "object" && spec.model.family === "pocket") {
    refuse("model.family", "the pocket engine draws its pictures itself, without ComfyUI");
  }
  switch (spec.kind) {
    case "text-to-image":
    case "image-to-image":
      drawPicture(making, spec);
      return;
    case "inpaint":
      inpaint(making, spec);
      return;
    case "text-to-video":
      textToVideo(making, spec);
      return;
    case "image-to-video":
      imageToVideo(making, spec);
      return;
    case "speech-to-video":
      speechToVideo(making, spec);
      return;
    case "motion-transfer":
      motionTransfer(making, spec);
      return;
    case "restyle-clip":
      restyleClip(making, spec);
      return;
    case "upscale":
      upscale(making, spec);
      return;
    case "face-swap":
      faceSwap(making, spec);
      return;
    case "face-expression":
      faceExpression(making, spec);
      return;
    case "face-motion":
      faceMotion(making, spec);
      return;
    case "interpolate":
      interpolate(making, spec);
      return;
    case "solid-colour":
      solidColour(making, spec);
      return;
    case "smooth-clip":
      refuse("kind", "clips are smoothed by ffmpeg, without ComfyUI");
  }
}

function refuse(field: string, message: string): never {
  throw new UserError(`${field}: ${message}`, { code: "impossible-request", details: { field } });
}
