import { createHash } from "node:crypto";

/** Modules that get matrices, as ComfyUI names them: enough of each kind for a conversion to go wrong. */
const MODULES: Readonly<Record<"unet" | "flux" | "sd3", readonly string[]>> = {
  unet: [
    "input_blocks.4.1.transformer_blocks.0.attn1.to_q",
    "input_blocks.4.1.transformer_blocks.0.attn2.to_out.0",
    "input_blocks.4.1.proj_in",
    "middle_block.1.transformer_blocks.0.ff.net.0.proj",
    "output_blocks.5.1.transformer_blocks.0.attn1.to_v",
  ],
  flux: ["double_blocks.0.img_attn.qkv", "double_blocks.0.txt_mlp.2", "single_blocks.3.linear1"],
  sd3: ["joint_blocks.0.x_block.attn.qkv", "joint_blocks.0.context_block.mlp.fc1", "joint_blocks.3.x_block.attn.proj"],
};
const SIDE = 8;

interface FakeTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Buffer;
}

/**
 * The file that SaveLoRA writes: pairs in float32 whose values follow from what was trained on, alpha 1, and the
 * differences of a bias and of a norm that other tools do not know. No metadata.
 */
export function trainedLora(what: { rank: number; kind: "unet" | "flux" | "sd3"; seed: string }): Buffer {
  const tensors: FakeTensor[] = [];
  const add = (name: string, shape: readonly number[], value?: number) => {
    const count = shape.reduce((product, size) => product * size, 1);
    const values = Float32Array.from({ length: count }, (_, index) => value ?? draw(`${what.seed}/${name}/${index}`));
    tensors.push({ name, shape, data: Buffer.from(values.buffer) });
  };
  for (const module of MODULES[what.kind]) {
    const name = `diffusion_model.${module}`;
    add(`${name}.lora_down.weight`, [what.rank, SIDE]);
    add(`${name}.lora_up.weight`, [SIDE, what.rank]);
    add(`${name}.alpha`, [], 1);
  }
  const first = `diffusion_model.${MODULES[what.kind][0]}`;
  add(`${first}.diff_b`, [SIDE]);
  return writeTensors(tensors);
}

/** -0.05 to 0.05, the same for the same text. */
function draw(text: string): number {
  return createHash("sha256").update(text).digest().readUInt32BE(0) / 2 ** 32 / 10 - 0.05;
}

function writeTensors(tensors: readonly FakeTensor[]): Buffer {
  let end = 0;
  const entries = tensors.map(({ name, shape, data }) => {
    const begin = end;
    end += data.length;
    return [name, { dtype: "F32", shape, data_offsets: [begin, end] }];
  });
  const json = JSON.stringify(Object.fromEntries(entries));
  const header = Buffer.from(json.padEnd(Math.ceil(json.length / 8) * 8));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([length, header, ...tensors.map(({ data }) => data)]);
}
