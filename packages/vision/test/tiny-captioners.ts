import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { attributes, node, onnxModel, port, tensor } from "./tiny-onnx.ts";
import { tinyClipTokenizer } from "./tiny-tokenizer.ts";

/**
 * Tiny models with the ports of ViT-GPT2 and Florence-2 that say "a <colour> wall", and "indoors" where the question asks
 * for detail: what follows a word is a table, the colour is the picture's mean.
 */

const COLOURS = ["red", "green", "blue"];
const MARKS = { start: "<s>", end: "</s>" };
const tokenizer = tinyClipTokenizer(["a", "wall", "indoors", "describe", "detail", ...COLOURS], MARKS);
const vocab: Readonly<Record<string, number>> = tokenizer.model.vocab;
const SIZE = Object.keys(vocab).length;
const SIDE = 16;

const idOf = (word: string): number => vocab[`${word}</w>`] as number;
const [START, END] = [vocab[MARKS.start] as number, vocab[MARKS.end] as number];

function matrix(rows: number, entries: readonly (readonly [row: number, column: number, value: number])[]): number[] {
  const values = new Array<number>(rows * SIZE).fill(0);
  for (const [row, column, value] of entries) values[row * SIZE + column] = value;
  return values;
}

/** How likely a word is after another; what the picture and the question add is less than these differences. */
const NEXT = matrix(SIZE, [
  [START, idOf("a"), 40],
  ...COLOURS.flatMap((colour) => [[idOf("a"), idOf(colour), 20] as const, [idOf(colour), idOf("wall"), 40] as const]),
  [idOf("wall"), END, 40],
  [idOf("wall"), idOf("indoors"), 36],
  [idOf("indoors"), END, 60],
]);

const means = (output: string) =>
  node("ReduceMean", ["pixel_values"], output, attributes.integers("axes", [2, 3]), attributes.integer("keepdims", 0));
const pixels = port("input", "pixel_values", ["batch", 3, SIDE, SIDE]);
const second = tensor("second", [1], [1], "int64");

/** Logits: the table's row of the last word, and what `added` [batch, SIZE] adds to every word. */
const logits = (embedded: string) => [
  node("MatMul", [embedded, "next"], "followers"),
  node("Unsqueeze", ["added", "second"], "addition"),
  node("Add", ["followers", "addition"], "logits"),
  tensor("next", [SIZE, SIZE], NEXT),
  second,
  port("output", "logits", ["batch", "length", SIZE]),
];
const oneHot = (output: string) => [
  node("Gather", ["identity", "input_ids"], output),
  tensor(
    "identity",
    [SIZE, SIZE],
    matrix(
      SIZE,
      Array.from({ length: SIZE }, (_, at) => [at, at, 1] as const),
    ),
  ),
  port("input", "input_ids", ["batch", "length"], "int64"),
];
const mean = (input: string, output: string) =>
  node("ReduceMean", [input], output, attributes.integers("axes", [1]), attributes.integer("keepdims", 0));

const vitGpt2 = () => ({
  encoder_model: onnxModel([
    means("means"),
    node("Unsqueeze", ["means", "second"], "last_hidden_state"),
    second,
    pixels,
    port("output", "last_hidden_state", ["batch", 1, 3]),
  ]),
  decoder_model_merged: onnxModel([
    ...oneHot("words"),
    mean("encoder_hidden_states", "seen"),
    node("MatMul", ["seen", "colours"], "added"),
    tensor(
      "colours",
      [3, SIZE],
      matrix(
        3,
        COLOURS.map((colour, at) => [at, idOf(colour), 14] as const),
      ),
    ),
    ...logits("words"),
    port("input", "encoder_hidden_states", ["batch", "places", 3]),
  ]),
});

const florence = () => ({
  embed_tokens: onnxModel([...oneHot("inputs_embeds"), port("output", "inputs_embeds", ["batch", "length", SIZE])]),
  vision_encoder: onnxModel([
    means("means"),
    node("MatMul", ["means", "colours"], "seen"),
    node("Unsqueeze", ["seen", "second"], "image_features"),
    tensor(
      "colours",
      [3, SIZE],
      matrix(
        3,
        COLOURS.map((colour, at) => [at, idOf(colour), 1] as const),
      ),
    ),
    second,
    pixels,
    port("output", "image_features", ["batch", 1, SIZE]),
  ]),
  encoder_model: onnxModel([
    node("Identity", ["inputs_embeds"], "last_hidden_state"),
    port("input", "attention_mask", ["batch", "length"], "int64"),
    port("input", "inputs_embeds", ["batch", "length", SIZE]),
    port("output", "last_hidden_state", ["batch", "length", SIZE]),
  ]),
  decoder_model_merged: onnxModel([
    mean("encoder_hidden_states", "seen"),
    node("MatMul", ["seen", "heard"], "added"),
    tensor(
      "heard",
      [SIZE, SIZE],
      matrix(SIZE, [
        ...COLOURS.map((colour) => [idOf(colour), idOf(colour), 70] as const),
        [idOf("detail"), idOf("indoors"), 60],
      ]),
    ),
    ...logits("inputs_embeds"),
    port("input", "inputs_embeds", ["batch", "length", SIZE]),
    port("input", "encoder_hidden_states", ["batch", "places", SIZE]),
    port("input", "encoder_attention_mask", ["batch", "places"], "int64"),
  ]),
});

const image = {
  do_resize: true,
  size: { height: SIDE, width: SIDE },
  resample: 3,
  do_rescale: true,
  rescale_factor: 1 / 255,
  do_normalize: true,
  image_mean: [0, 0, 0],
  image_std: [1, 1, 1],
};
const ids = {
  bos_token_id: START,
  eos_token_id: END,
  pad_token_id: END,
  decoder_start_token_id: START,
};
const generation = { ...ids, max_length: 40 };

const MODELS = {
  "vit-gpt2": {
    parts: vitGpt2,
    config: {
      model_type: "vision-encoder-decoder",
      architectures: ["VisionEncoderDecoderModel"],
      is_encoder_decoder: true,
      encoder: { model_type: "vit", hidden_size: 3, num_hidden_layers: 1, num_attention_heads: 1 },
      decoder: { model_type: "gpt2", n_head: 1, n_layer: 1, n_embd: 4, vocab_size: SIZE },
      ...ids,
    },
    preprocessor: { ...image, image_processor_type: "ViTImageProcessor" },
  },
  "florence-2": {
    parts: florence,
    config: {
      model_type: "florence2",
      architectures: ["Florence2ForConditionalGeneration"],
      is_encoder_decoder: true,
      text_config: {
        model_type: "florence2_language",
        d_model: SIZE,
        decoder_layers: 1,
        decoder_attention_heads: 1,
        encoder_layers: 1,
        encoder_attention_heads: 1,
        vocab_size: SIZE,
      },
      ...ids,
    },
    preprocessor: {
      ...image,
      image_processor_type: "CLIPImageProcessor",
      processor_class: "Florence2Processor",
      task_prompts_without_inputs: {
        "<CAPTION>": "describe",
        "<DETAILED_CAPTION>": "describe detail",
        "<MORE_DETAILED_CAPTION>": "describe detail detail",
      },
      task_prompts_with_input: {},
      tasks_answer_post_processing_type: {
        "<CAPTION>": "pure_text",
        "<DETAILED_CAPTION>": "pure_text",
        "<MORE_DETAILED_CAPTION>": "pure_text",
      },
    },
  },
} as const;

/** Writes a tiny model in the layout of transformers.js. */
export async function writeTinyCaptioner(folder: string, name: keyof typeof MODELS): Promise<void> {
  const { parts, config, preprocessor } = MODELS[name];
  const files: Record<string, Uint8Array | object> = {
    ...Object.fromEntries(Object.entries(parts()).map(([part, bytes]) => [`onnx/${part}.onnx`, bytes])),
    "config.json": config,
    "generation_config.json": generation,
    "preprocessor_config.json": preprocessor,
    "tokenizer.json": tokenizer,
    "tokenizer_config.json": {
      tokenizer_class: "PreTrainedTokenizer",
      bos_token: MARKS.start,
      eos_token: MARKS.end,
      pad_token: MARKS.end,
      model_max_length: 64,
    },
  };
  for (const [file, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await writeFile(join(folder, file), content instanceof Uint8Array ? content : JSON.stringify(content));
  }
}
