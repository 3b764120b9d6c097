/** Values of a LoRA of one module: what a scripted training changes at every step, and saves. */
export interface SmallLora {
  readonly rank: number;
  readonly down: Float32Array;
  readonly up: Float32Array;
}

const SIDE = 16;
const MODULE = "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn1_to_q";

export function newLora(rank: number): SmallLora {
  return { rank, down: new Float32Array(rank * SIDE).fill(0.5), up: new Float32Array(SIDE * rank) };
}

/** What is learned at a step depends on the step and the seed alone, so that a resumed training ends like a whole one. */
export function learn({ down, up }: SmallLora, step: number, seed: number): void {
  for (let i = 0; i < up.length; i += 1) up[i] = (up[i] ?? 0) + Math.fround(Math.sin(step * 7 + i + seed) / 64);
  for (let i = 0; i < down.length; i += 1) down[i] = (down[i] ?? 0) + Math.fround(Math.cos(step * 5 + i + seed) / 64);
}

/** A real safetensors file of it, in kohya's names. */
export function encodeLora({ rank, down, up }: SmallLora, alpha: number): Uint8Array {
  const tensors = [
    { name: `${MODULE}.alpha`, shape: [], values: Float32Array.of(alpha) },
    { name: `${MODULE}.lora_down.weight`, shape: [rank, SIDE], values: down },
    { name: `${MODULE}.lora_up.weight`, shape: [SIDE, rank], values: up },
  ];
  const header: Record<string, unknown> = {};
  let end = 0;
  for (const { name, shape, values } of tensors) {
    header[name] = { dtype: "F32", shape, data_offsets: [end, end + values.byteLength] };
    end += values.byteLength;
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  const length = Math.ceil(json.length / 8) * 8;
  const file = new Uint8Array(8 + length + end).fill(0x20, 0, 8 + length);
  new DataView(file.buffer).setBigUint64(0, BigInt(length), true);
  file.set(json, 8);
  let at = 8 + length;
  for (const { values } of tensors) {
    file.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), at);
    at += values.byteLength;
  }
  return file;
}

/** What `encodeLora` wrote. */
export function decodeLora(file: Uint8Array, rank: number): SmallLora {
  const bytes = Uint8Array.from(file);
  const start = 8 + Number(new DataView(bytes.buffer).getBigUint64(0, true)) + 4;
  const half = rank * SIDE * 4;
  const floats = (from: number) => new Float32Array(bytes.slice(from, from + half).buffer);
  return { rank, down: floats(start), up: floats(start + half) };
}
