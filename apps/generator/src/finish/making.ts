import {
  type ChoiceExplanation,
  type Generation,
  type GenerationSpec,
  inputFilesOf,
  isDrawn,
  type JsonObject,
} from "@loramill/contracts";
import type { Making } from "@loramill/imaging/provenance";

const SOFTWARE = "Loramill";

/** What stands beside a generation and is told in its file. */
export interface ToldBeside {
  readonly graph: JsonObject | undefined;
  /** Why LoRAs and parameters are what they are, where they were chosen. */
  readonly explanation: ChoiceExplanation | undefined;
}

/** What a finished file tells of itself. The record is the generation without what the file's own bytes decide. */
export function makingOf(generation: Generation, { graph, explanation }: ToldBeside): Making {
  const { image: _image, seconds: _seconds, graph: _graph, ...told } = generation;
  const { spec } = generation;
  return {
    facts: { ...generation, ...(spec === undefined ? {} : settingsOf(spec)) },
    record: JSON.parse(JSON.stringify(told)) as JsonObject,
    explanation: explanation === undefined ? undefined : (JSON.parse(JSON.stringify(explanation)) as JsonObject),
    graph,
    origin: spec !== undefined && inputFilesOf(spec).length > 0 ? "edited" : "generated",
    software: SOFTWARE,
  };
}

/** Settings that other tools have a name for. */
function settingsOf(spec: GenerationSpec) {
  if (!isDrawn(spec)) return {};
  const { scheduler, clipSkip } = spec.sampling;
  const { vae } = spec.model.files;
  return {
    ...(scheduler === undefined ? {} : { scheduler }),
    ...(clipSkip === undefined ? {} : { clipSkip }),
    ...(vae === undefined ? {} : { vae }),
    ...("denoise" in spec ? { denoisingStrength: spec.denoise } : {}),
  };
}
