import { attributes, node, onnxModel, port, tensor } from "./tiny-onnx.ts";

/** A tag of the tiny tagger: sigmoid(bias + red·mean red + green·… + blue·…), the means in 0..255. */
export interface TinyTag {
  readonly name: string;
  /** 0 general, 4 character, 9 rating. */
  readonly category: number;
  readonly bias: number;
  readonly weights?: readonly [red: number, green: number, blue: number];
}

/** An ONNX file of the ports that WD taggers have: [batch, side, side, 3] blue first, 0..255, to [batch, tags] shares. */
export function tinyTagger(tags: readonly TinyTag[], side = 448): Uint8Array {
  const weights = [2, 1, 0].flatMap((channel) => tags.map((tag) => tag.weights?.[channel] ?? 0));
  return onnxModel([
    node("ReduceMean", ["picture"], "means", attributes.integers("axes", [1, 2]), attributes.integer("keepdims", 0)),
    node("MatMul", ["means", "weights"], "weighted"),
    node("Add", ["weighted", "bias"], "logits"),
    node("Sigmoid", ["logits"], "shares"),
    tensor("weights", [3, tags.length], weights),
    tensor(
      "bias",
      [tags.length],
      tags.map(({ bias }) => bias),
    ),
    port("input", "picture", ["batch", side, side, 3]),
    port("output", "shares", ["batch", tags.length]),
  ]);
}

/** The list beside it, as `selected_tags.csv`. */
export function tinyTagList(tags: readonly TinyTag[]): string {
  const rows = tags.map(
    ({ name, category }, at) => `${at},${name.includes(",") ? `"${name}"` : name},${category},1000`,
  );
  return ["tag_id,name,category,count", ...rows, ""].join("\n");
}
