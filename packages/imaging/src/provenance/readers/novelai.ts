import { digitsOf, numberOf, parseRecord, recordOf, textOf } from "../json.ts";
import type { Reading } from "../reading.ts";

/** NovelAI's texts: `Comment` is JSON, `Description` the prompt, `Source` the model. */
export function readNovelai(texts: ReadonlyMap<string, string>): Reading | null {
  if (texts.get("Software") !== "NovelAI") return null;
  const comment = recordOf(parseRecord(texts.get("Comment")));
  const model = texts.get("Source");
  const negative = recordOf(recordOf(comment.v4_negative_prompt).caption).base_caption;
  return {
    tool: "novelai",
    prompt: textOf(comment.prompt) ?? texts.get("Description") ?? "",
    negativePrompt: textOf(comment.uc) ?? textOf(negative) ?? "",
    settings: {
      seed: digitsOf(comment.seed),
      steps: numberOf(comment.steps),
      guidance: numberOf(comment.scale),
      sampler: textOf(comment.sampler),
      scheduler: textOf(comment.noise_schedule),
      width: numberOf(comment.width),
      height: numberOf(comment.height),
      denoisingStrength: numberOf(comment.strength),
      clipSkip: null,
    },
    model: model === undefined ? null : { name: model, hash: null },
    loras: [],
    other: {},
  };
}
