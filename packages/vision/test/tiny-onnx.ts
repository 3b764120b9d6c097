/** ONNX files written by hand: the few messages of its protocol buffers that a tiny graph needs. */

type Field = Uint8Array;

const FLOAT = 1;
const INT64 = 7;
type Kind = "float" | "int64";
const KINDS: Readonly<Record<Kind, number>> = { float: FLOAT, int64: INT64 };

/** A file of operator set 13 with these nodes, constants and ports. */
export function onnxModel(graph: readonly Field[]): Uint8Array {
  return message([
    varint(1, 8),
    bytes(7, message([...graph, text(2, "tiny")])),
    bytes(8, message([text(1, ""), varint(2, 13)])),
  ]);
}

export function node(type: string, inputs: readonly string[], output: string, ...fields: Field[][]): Field {
  return bytes(
    1,
    message([
      ...inputs.map((name) => text(1, name)),
      text(2, output),
      text(4, type),
      ...fields.map((attribute) => bytes(5, message(attribute))),
    ]),
  );
}

export const attributes = {
  integer: (name: string, value: number): Field[] => [text(1, name), varint(3, value), varint(20, 2)],
  integers: (name: string, values: readonly number[]): Field[] => [
    text(1, name),
    ...values.map((value) => varint(8, value)),
    varint(20, 7),
  ],
};

export function tensor(name: string, shape: readonly number[], values: readonly number[], kind: Kind = "float"): Field {
  const raw =
    kind === "float"
      ? new Uint8Array(Float32Array.from(values).buffer)
      : new Uint8Array(BigInt64Array.from(values.map(BigInt)).buffer);
  return bytes(
    5,
    message([...shape.map((size) => varint(1, size)), varint(2, KINDS[kind]), text(8, name), bytes(9, raw)]),
  );
}

export function port(
  side: "input" | "output",
  name: string,
  shape: readonly (number | string)[],
  kind: Kind = "float",
): Field {
  const sizes = shape.map((size) => bytes(1, message([typeof size === "number" ? varint(1, size) : text(2, size)])));
  const type = bytes(1, message([varint(1, KINDS[kind]), bytes(2, message(sizes))]));
  return bytes(side === "input" ? 11 : 12, message([text(1, name), bytes(2, message([type]))]));
}

// A field is its number and kind, then the value.
const message = (fields: readonly Field[]): Uint8Array => Buffer.concat(fields);
const text = (field: number, value: string): Field => bytes(field, new TextEncoder().encode(value));
const varint = (field: number, value: number): Field => Uint8Array.from([...number(field * 8), ...number(value)]);
const bytes = (field: number, value: Uint8Array): Field =>
  Buffer.concat([Uint8Array.from([...number(field * 8 + 2), ...number(value.length)]), value]);

function number(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) + 128, ...number(Math.floor(value / 128))];
}
