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
import type { Assembly, GraphNames, GraphOutput } from "./parts/assembly.ts";
import { checkSpec } from "./spec/check-spec.ts";
import { isByModel } from "./spec/usual-choices.ts";

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
  const assembly: Assembly = { draft, names, outputs: [], notes: [], loaded: new Map() };
  make(assembly, spec);
  const graph = draft.graph();
  return {
    graph,
    outputs: assembly.outputs,
    models: draft.models(),
    nodes: [...new Set(Object.values(graph).map(({ class_type: type }) => type))],
    notes: assembly.notes,
  };
}

function make(assembly: Assembly, spec: GenerationSpec): void {
  if ("model" in spec && typeof spec.model === "object" && spec.model.family === "pocket") {
    refuse("model.family", "the pocket engine draws its pictures itself, without ComfyUI");
  }
  switch (spec.kind) {
    case "text-to-image":
    case "image-to-image":
      drawPicture(assembly, spec);
      return;
    case "inpaint":
      inpaint(assembly, spec);
      return;
    case "text-to-video":
      textToVideo(assembly, spec);
      return;
    case "image-to-video":
      imageToVideo(assembly, spec);
      return;
    case "speech-to-video":
      speechToVideo(assembly, spec);
      return;
    case "motion-transfer":
      motionTransfer(assembly, spec);
      return;
    case "restyle-clip":
      restyleClip(assembly, spec);
      return;
    case "upscale":
      upscale(assembly, spec);
      return;
    case "face-swap":
      faceSwap(assembly, spec);
      return;
    case "face-expression":
      faceExpression(assembly, spec);
      return;
    case "face-motion":
      faceMotion(assembly, spec);
      return;
    case "interpolate":
      if (!isByModel(spec)) refuse("method", "ffmpeg estimates motion, without ComfyUI: take rife, film or amt");
      interpolate(assembly, spec);
      return;
    case "solid-colour":
      solidColour(assembly, spec);
      return;
    case "smooth-clip":
      refuse("kind", "clips are smoothed by ffmpeg, without ComfyUI");
  }
}

function refuse(field: string, message: string): never {
  throw new UserError(`${field}: ${message}`, { code: "impossible-request", details: { field } });
}
