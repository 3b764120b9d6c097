/**
 * The bytes of a small but whole safetensors file with LoRA matrices of these modules, as trainers save them: `lora_A`
 * `[rank, 8]` and `lora_B` `[8, rank]` in F32. The same seed gives the same numbers.
 */
export function tinyLora(
  modules: readonly string[],
  options: { readonly rank: number; readonly seed?: number },
): Buffer {
  const header: Record<string, unknown> = { __metadata__: { format: "pt" } };
  const bodies: Buffer[] = [];
  let state = (options.seed ?? 1) >>> 0;
  let at = 0;
  const add = (name: string, shape: readonly [number, number]) => {
    const values = Float32Array.from({ length: shape[0] * shape[1] }, () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return (state / 2 ** 32 - 0.5) / 10;
    });
    const body = Buffer.from(values.buffer);
    header[name] = { dtype: "F32", shape, data_offsets: [at, at + body.length] };
    at += body.length;
    bodies.push(body);
  };
  for (const name of modules) {
    add(`${name}.lora_A.weight`, [options.rank, 8]);
    add(`${name}.lora_B.weight`, [8, options.rank]);
  }
  const text = Buffer.from(JSON.stringify(header));
  const json = Buffer.concat([text, Buffer.alloc((8 - (text.length % 8)) % 8, 0x20)]);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, ...bodies]);
}
