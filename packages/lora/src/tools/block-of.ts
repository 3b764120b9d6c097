/**
 * The block that a module belongs to, in the words that block weights are given in: `BASE` (text encoders), `IN00`–`IN11`,
 * `MID`, `OUT00`–`OUT11` for U-Nets in both of their layouts; `BLOCK00`… for transformers (Flux's double blocks among them) and
 * `SINGLE00`… for single blocks; `OTHER` for what stands outside. Names may be dotted or joined by underscores.
 */
export function blockOf(module: string): string {
  const name = module.replaceAll(".", "_");
  if (/^(?:lora_)?(?:text_encoders?|te\d?|text_model)(?:_|\d|$)/.test(name)) return "BASE";
  return unetBlock(name) ?? transformerBlock(name) ?? "OTHER";
}

function unetBlock(name: string): string | null {
  const sgm = /(?:^|_)(input|output)_blocks_(\d+)_/.exec(name);
  if (sgm) return numbered(sgm[1] === "input" ? "IN" : "OUT", Number(sgm[2]));
  if (/(?:^|_)(?:middle_block|mid_block)_/.test(name)) return "MID";
  // Each level of the U-Net has three places: two (down) or three (up) layers, and what changes the resolution.
  const down = /(?:^|_)down_blocks_(\d+)_(attentions|resnets|motion_modules|downsamplers)_(\d+)/.exec(name);
  if (down) {
    const level = 3 * Number(down[1]);
    return numbered("IN", down[2] === "downsamplers" ? level + 3 : level + Number(down[3]) + 1);
  }
  const up = /(?:^|_)up_blocks_(\d+)_(attentions|resnets|motion_modules|upsamplers)_(\d+)/.exec(name);
  if (up) return numbered("OUT", 3 * Number(up[1]) + (up[2] === "upsamplers" ? 2 : Number(up[3])));
  if (/(?:^|_)conv_in(?:_|$)/.test(name)) return "IN00";
  return null;
}

function transformerBlock(name: string): string | null {
  const single = /(?:^|_)single_(?:transformer_)?blocks_(\d+)_/.exec(name);
  if (single) return numbered("SINGLE", Number(single[1]));
  const block = /(?:^|_)(?:transformer_blocks|double_blocks|joint_blocks|blocks|layers)_(\d+)_/.exec(name);
  return block ? numbered("BLOCK", Number(block[1])) : null;
}

const numbered = (prefix: string, place: number) => `${prefix}${String(place).padStart(2, "0")}`;
