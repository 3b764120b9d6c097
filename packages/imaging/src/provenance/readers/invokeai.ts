import { digitsOf, type JsonRecord, listOf, numberOf, parseRecord, recordOf, textOf } from "../json.ts";
import { nothingSaid, plainFileName, type Reading } from "../reading.ts";

/** InvokeAI's `invokeai_metadata`, of versions 3 and later. */
export function readInvokeai(text: string | undefined): Reading | null {
  const metadata = parseRecord(text);
  if (metadata === null) return null;
  return {
    tool: "invokeai",
    prompt: textOf(metadata.positive_prompt) ?? "",
    negativePrompt: textOf(metadata.negative_prompt) ?? "",
    settings: {
      ...sizeAndSteps(metadata),
      guidance: numberOf(metadata.cfg_scale) ?? numberOf(metadata.guidance),
      sampler: null,
      scheduler: textOf(metadata.scheduler),
      denoisingStrength: numberOf(metadata.strength),
      clipSkip: numberOf(metadata.clip_skip),
    },
    model: fileOf(recordOf(metadata.model)),
    loras: listOf(metadata.loras).flatMap((given) => {
      const { model, lora, weight } = recordOf(given);
      const file = fileOf(recordOf(model ?? lora));
      return file?.name == null ? [] : [{ name: file.name, hash: file.hash, weight: numberOf(weight) }];
    }),
    other: {},
  };
}

/** `sd-metadata`, of version 2. Words in square brackets are the negative prompt. */
export function readOldInvokeai(text: string | undefined): Reading | null {
  const metadata = parseRecord(text);
  if (metadata === null) return null;
  const image = recordOf(metadata.image);
  const [first] = listOf(image.prompt);
  const { prompt, negativePrompt } = splitBrackets(textOf(image.prompt) ?? textOf(recordOf(first).prompt) ?? "");
  const name = textOf(metadata.model_weights);
  return {
    tool: "invokeai",
    prompt,
    negativePrompt,
    settings: {
      ...sizeAndSteps(image),
      guidance: numberOf(image.cfg_scale),
      sampler: textOf(image.sampler),
      scheduler: null,
      denoisingStrength: numberOf(image.strength),
      clipSkip: null,
    },
    model: name === null ? null : { name: plainFileName(name), hash: textOf(metadata.model_hash) },
    loras: [],
    other: {},
  };
}

/** `Dream`: the command line of version 1, `"a prompt" -s 50 -S 12 -W 512 -H 512 -C 7.5 -A k_lms`. */
export function readDream(text: string | undefined): Reading | null {
  const [, quoted, options = ""] = /^\s*"((?:\\.|[^"\\])*)"([\s\S]{0,2048})/.exec(text ?? "") ?? [];
  if (quoted === undefined) return null;
  const option = (letter: string) => new RegExp(`(?:^|\\s)-${letter}\\s?([\\w.-]+)`).exec(options)?.[1];
  return {
    tool: "invokeai",
    ...splitBrackets(quoted.replace(/\\(.)/g, "$1")),
    settings: {
      ...nothingSaid,
      seed: digitsOf(option("S")),
      steps: numberOf(option("s")),
      guidance: numberOf(option("C")),
      sampler: textOf(option("A")),
      width: numberOf(option("W")),
      height: numberOf(option("H")),
      denoisingStrength: numberOf(option("f")),
    },
    model: null,
    loras: [],
    other: {},
  };
}

function sizeAndSteps(metadata: JsonRecord) {
  return {
    seed: digitsOf(metadata.seed),
    steps: numberOf(metadata.steps),
    width: numberOf(metadata.width),
    height: numberOf(metadata.height),
  };
}

/** Names are under `name`, in version 3 under `model_name`. */
function fileOf(model: JsonRecord): Reading["model"] {
  const name = textOf(model.name) ?? textOf(model.model_name);
  const hash = textOf(model.hash);
  return name === null && hash === null ? null : { name: name === null ? null : plainFileName(name), hash };
}

function splitBrackets(text: string): { prompt: string; negativePrompt: string } {
  const negative: string[] = [];
  const prompt = text.replace(/\[([^[\]]*)\]/g, (_whole, words: string) => {
    negative.push(words.trim());
    return "";
  });
  return { prompt: prompt.trim(), negativePrompt: negative.join(", ") };
}
