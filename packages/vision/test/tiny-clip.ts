import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { attributes, node, onnxModel, port, tensor } from "./tiny-onnx.ts";
import { tinyClipTokenizer } from "./tiny-tokenizer.ts";

/** Colours that the tiny model knows by their name. */
const COLOURS = { red: [1, 0, 0], green: [0, 1, 0], blue: [0, 0, 1] } as const;
const WORDS = ["a", "the", "photo", "of", "wall", "sea", ...Object.keys(COLOURS)];
const SIDE = 16;

/** Mean colour of the picture. */
const pictureNodes = (output: string) => [
  node("ReduceMean", ["pixel_values"], output, attributes.integers("axes", [2, 3]), attributes.integer("keepdims", 0)),
];

/** Colours for words that name one, and a little of all for every other. */
function wordTable(vocab: Readonly<Record<string, number>>, dimensions: number) {
  const size = Object.keys(vocab).length;
  const rows = Array.from({ length: size }, () => Array.from({ length: dimensions }, () => 0.05));
  for (const [name, colour] of Object.entries(COLOURS)) {
    rows[vocab[`${name}</w>`] as number] = Array.from({ length: dimensions }, (_, at) => colour[at] ?? 0);
  }
  return tensor("table", [size, dimensions], rows.flat());
}

/** Sum of the words that the mask shows. */
const maskedTextNodes = (output: string) => [
  node("Gather", ["table", "input_ids"], "points"),
  node("Cast", ["attention_mask"], "shares", attributes.integer("to", 1)),
  node("Unsqueeze", ["shares", "last"], "columns"),
  node("Mul", ["points", "columns"], "shown"),
  node("ReduceSum", ["shown", "middle"], output, attributes.integer("keepdims", 0)),
  tensor("last", [1], [2], "int64"),
  tensor("middle", [1], [1], "int64"),
  port("input", "input_ids", ["batch", "length"], "int64"),
  port("input", "attention_mask", ["batch", "length"], "int64"),
];

/** Sum of all words of a text of one length. */
const paddedTextNodes = (output: string, length: number) => [
  node("Gather", ["table", "input_ids"], "points"),
  node("ReduceSum", ["points", "middle"], output, attributes.integer("keepdims", 0)),
  tensor("middle", [1], [1], "int64"),
  port("input", "input_ids", ["batch", length], "int64"),
];

const pictureInput = port("input", "pixel_values", ["batch", 3, SIDE, SIDE]);
const pictureOutput = (name: string) => port("output", name, ["batch", 3]);
const textOutput = (name: string, dimensions: number) => port("output", name, ["batch", dimensions]);

export interface TinyClip {
  /** `SigLIP` pools instead of projecting, and has no mask: it reads the padding. */
  readonly layout: "two files" | "one file" | "SigLIP";
  /** Dimensions of texts; pictures have three. */
  readonly textDimensions?: number;
  readonly maxTokens?: number;
}

/** A folder of a model of CLIP's ports whose points are colours, with the files that transformers.js expects. */
export async function writeTinyClip(folder: string, { layout, textDimensions = 3, maxTokens = 16 }: TinyClip) {
  const tokenizer = tinyClipTokenizer(WORDS);
  const table = wordTable(tokenizer.model.vocab, textDimensions);
  const pooled = layout === "SigLIP" ? "pooler_output" : null;
  const [seen, read] = [pooled ?? "image_embeds", pooled ?? "text_embeds"];
  const pictures = [...pictureNodes(seen), pictureInput, pictureOutput(seen)];
  const texts = [
    ...(pooled === null ? maskedTextNodes(read) : paddedTextNodes(read, maxTokens)),
    table,
    textOutput(read, textDimensions),
  ];
  const models: Record<string, Uint8Array> =
    layout === "one file"
      ? { "onnx/model.onnx": onnxModel([...pictures, ...texts]) }
      : { "vision_model.onnx": onnxModel(pictures), "text_model.onnx": onnxModel(texts) };
  const json = {
    "tokenizer.json": tokenizer,
    "tokenizer_config.json": { pad_token: "<|endoftext|>", model_max_length: maxTokens },
    "preprocessor_config.json": {
      crop_size: { height: SIDE, width: SIDE },
      do_center_crop: true,
      do_normalize: true,
      do_rescale: true,
      do_resize: true,
      image_mean: [0, 0, 0],
      image_std: [1, 1, 1],
      resample: 3,
      rescale_factor: 1 / 255,
      size: { shortest_edge: SIDE },
    },
    "config.json": { model_type: pooled === null ? "clip" : "siglip" },
  };
  await mkdir(join(folder, "onnx"), { recursive: true });
  for (const [name, bytes] of Object.entries(models)) await writeFile(join(folder, name), bytes);
  for (const [name, value] of Object.entries(json)) await writeFile(join(folder, name), JSON.stringify(value));
}
