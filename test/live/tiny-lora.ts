import { writeSafetensors } from "@loramill/lora";

/** First attention of the model, and how wide it is there. */
const PLACES = {
  sd15: { module: "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn1_to_q", width: 320 },
  sdxl: { module: "lora_unet_down_blocks_1_attentions_0_transformer_blocks_0_attn1_to_q", width: 640 },
} as const;
const RANK = 4;

/** A LoRA of one module that changes every picture a little: some kilobytes, so that it troubles no server. */
export function tinyLora(family: keyof typeof PLACES): Uint8Array {
  const { module, width } = PLACES[family];
  const tensor = (name: string, shape: readonly number[], value: (at: number) => number) => {
    const values = Float32Array.from({ length: shape.reduce((size, side) => size * side, 1) }, (_, at) => value(at));
    return { name: `${module}.${name}`, dtype: "F32" as const, shape, data: new Uint8Array(values.buffer) };
  };
  return writeSafetensors(
    [
      tensor("alpha", [], () => RANK),
      tensor("lora_down.weight", [RANK, width], (at) => Math.sin(at) / 10),
      tensor("lora_up.weight", [width, RANK], (at) => Math.cos(at) / 10),
    ],
    { "modelspec.title": "live test" },
  );
}
