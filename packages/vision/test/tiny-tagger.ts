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
  const graph = [
    node(
      "ReduceMean",
      ["picture"],
      "means",
      [
        text(1, "axes"),
        varint(8, 1),
        varint(8, 2),
        varint(20, 7), // a list of integers
      ],
      [text(1, "keepdims"), varint(3, 0), varint(20, 2)],
    ),
    node("MatMul", ["means", "weights"], "weighted"),
    node("Add", ["weighted", "bias"], "logits"),
    node("Sigmoid", ["logits"], "shares"),
    text(2, "tiny tagger"),
    tensor("weights", [3, tags.length], weights),
    tensor(
      "bias",
      [tags.length],
      tags.map(({ bias }) => bias),
    ),
    port(11, "picture", ["batch", side, side, 3]),
    port(12, "shares", ["batch", tags.length]),
  ];
  return message([varint(1, 8), bytes(7, message(graph)), bytes(8, message([text(1, ""), varint(2, 13)]))]);
}

/** The list beside it, as `selected_tags.csv`. */
export function tinyTagList(tags: readonly TinyTag[]): string {
  const rows = tags.map(
    ({ name, category }, at) => `${at},${name.includes(",") ? `"${name}"` : name},${category},1000`,
  );
  return ["tag_id,name,category,count", ...rows, ""].join("\n");
}

function node(type: string, inputs: readonly string[], output: string, ...attributes: Uint8Array[][]): Uint8Array {
  return bytes(
    1,
    message([
      ...inputs.map((name) => text(1, name)),
      text(2, output),
      text(4, type),
      ...attributes.map((fields) => bytes(5, message(fields))),
    ]),
  );
}

function tensor(name: string, shape: readonly number[], values: readonly number[]): Uint8Array {
  const raw = new Uint8Array(Float32Array.from(values).buffer);
  return bytes(5, message([...shape.map((size) => varint(1, size)), varint(2, 1), text(8, name), bytes(9, raw)]));
}

function port(field: number, name: string, shape: readonly (number | string)[]): Uint8Array {
  const sizes = shape.map((size) => bytes(1, message([typeof size === "number" ? varint(1, size) : text(2, size)])));
  const type = bytes(1, message([varint(1, 1), bytes(2, message(sizes))]));
  return bytes(field, message([text(1, name), bytes(2, message([type]))]));
}

// Protocol buffers: a field is its number and kind, then the value.
const message = (fields: readonly Uint8Array[]): Uint8Array => Buffer.concat(fields);
const text = (field: number, value: string): Uint8Array => bytes(field, new TextEncoder().encode(value));
const varint = (field: number, value: number): Uint8Array => Uint8Array.from([...number(field * 8), ...number(value)]);
const bytes = (field: number, value: Uint8Array): Uint8Array =>
  Buffer.concat([Uint8Array.from([...number(field * 8 + 2), ...number(value.length)]), value]);

function number(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) + 128, ...number(Math.floor(value / 128))];
}
