import type { StreamedTensor } from "@loramill/lora";

/** A linear layer of SDXL that LoRAs adapt, by the name that kohya's files give it. */
export interface Layer {
  readonly name: string;
  readonly out: number;
  readonly inputs: number;
}

/** Width of the text that cross-attention reads. */
const CONTEXT = 2048;

/** All linear layers of SDXL's U-Net and text encoders that kohya trains: 722 and 264. */
export function sdxlLayers(): Layer[] {
  const unet = [
    ...[4, 5].flatMap((n) => transformer(`lora_unet_input_blocks_${n}_1`, 640, 2)),
    ...[7, 8].flatMap((n) => transformer(`lora_unet_input_blocks_${n}_1`, 1280, 10)),
    ...transformer("lora_unet_middle_block_1", 1280, 10),
    ...[0, 1, 2].flatMap((n) => transformer(`lora_unet_output_blocks_${n}_1`, 1280, 10)),
    ...[3, 4, 5].flatMap((n) => transformer(`lora_unet_output_blocks_${n}_1`, 640, 2)),
  ];
  return [...unet, ...textEncoder("lora_te1", 768, 12), ...textEncoder("lora_te2", 1280, 32)];
}

function transformer(block: string, width: number, depth: number): Layer[] {
  const layer = (name: string, out = width, inputs = width) => ({ name: `${block}_${name}`, out, inputs });
  const inner = Array.from({ length: depth }, (_, at) => {
    const inside = (name: string, out?: number, inputs?: number) =>
      layer(`transformer_blocks_${at}_${name}`, out, inputs);
    return [
      ...["to_q", "to_k", "to_v", "to_out_0"].map((name) => inside(`attn1_${name}`)),
      ...["to_q", "to_out_0"].map((name) => inside(`attn2_${name}`)),
      ...["to_k", "to_v"].map((name) => inside(`attn2_${name}`, width, CONTEXT)),
      inside("ff_net_0_proj", 8 * width, width),
      inside("ff_net_2", width, 4 * width),
    ];
  });
  return [layer("proj_in"), layer("proj_out"), ...inner.flat()];
}

function textEncoder(prefix: string, width: number, depth: number): Layer[] {
  return Array.from({ length: depth }, (_, at) => {
    const layer = (name: string, out = width, inputs = width) => {
      return { name: `${prefix}_text_model_encoder_layers_${at}_${name}`, out, inputs };
    };
    return [
      ...["q_proj", "k_proj", "v_proj", "out_proj"].map((name) => layer(`self_attn_${name}`)),
      layer("mlp_fc1", 4 * width, width),
      layer("mlp_fc2", width, 4 * width),
    ];
  }).flat();
}

/** Half-precision patterns of numbers between 2⁻⁸ and 2⁻⁴ of both signs: of the size of trained factors. */
export function halves(count: number, seed: number): Uint16Array {
  const values = new Uint16Array(count);
  let state = seed * 2_654_435_761 + 1;
  for (let i = 0; i < count; i += 1) {
    state = Math.imul(state, 1_664_525) + 1_013_904_223;
    const bits = state >>> 16;
    values[i] = (bits & 0x8fff) | 0x2000;
  }
  return values;
}

/** A LoRA of all layers in half precision, as tensors for `streamSafetensors`; the same for the same seed. */
export function sdxlLora(layers: readonly Layer[], rank: number, alpha: number, seed: number): StreamedTensor[] {
  const tensor = (name: string, shape: readonly number[], of: (count: number) => Uint16Array): StreamedTensor => ({
    name,
    dtype: "F16",
    shape,
    async *body() {
      yield new Uint8Array(of(shape.reduce((product, size) => product * size, 1)).buffer);
    },
  });
  const alphaBits = () => new Uint16Array(Float16Array.of(alpha).buffer);
  return layers.flatMap(({ name, out, inputs }, at) => [
    tensor(`${name}.alpha`, [], alphaBits),
    tensor(`${name}.lora_down.weight`, [rank, inputs], (count) => halves(count, seed + at)),
    tensor(`${name}.lora_up.weight`, [out, rank], (count) => halves(count, seed + at + 500_000)),
  ]);
}
