import { UserError } from "@loramill/contracts";
import { blockOf } from "../tools/block-of.ts";

const inputs = (...places: number[]) => places.map((place) => `IN${String(place).padStart(2, "0")}`);
const outputs = (...places: number[]) => places.map((place) => `OUT${String(place).padStart(2, "0")}`);
const upTo = (end: number) => Array.from({ length: end }, (_, place) => place);

/** Which blocks the numbers of a list stand for, by how many they are: LoRA and LoCon of SD1 and SDXL. */
const orders: Readonly<Record<number, readonly string[]>> = {
  12: ["BASE", ...inputs(4, 5, 7, 8), "MID", ...outputs(0, 1, 2, 3, 4, 5)],
  17: ["BASE", ...inputs(1, 2, 4, 5, 7, 8), "MID", ...outputs(3, 4, 5, 6, 7, 8, 9, 10, 11)],
  20: ["BASE", ...inputs(...upTo(9)), "MID", ...outputs(...upTo(9))],
  26: ["BASE", ...inputs(...upTo(12)), "MID", ...outputs(...upTo(12))],
  /** Flux has no order of its own in other tools: its 19 double and 38 single blocks, and the text encoders before them. */
  58: [
    "BASE",
    ...upTo(19).map((place) => `BLOCK${String(place).padStart(2, "0")}`),
    ...upTo(38).map((place) => `SINGLE${String(place).padStart(2, "0")}`),
  ],
};

/** The named lists of the block weight extension for A1111, of 17 blocks. */
export const blockWeightPresets: Readonly<Record<string, readonly number[]>> = {
  NONE: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
  ALL: [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1],
  INS: [1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
  IND: [1, 0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
  INALL: [1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
  MIDD: [1, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0],
  OUTD: [1, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0, 0],
  OUTS: [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1],
  OUTALL: [1, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1],
};

/**
 * What a module is multiplied by, from a preset's name or a list of 12, 17, 20, 26 or 58 numbers (comma separated). Modules
 * of blocks that the list has no place for keep their strength. Throws UserError `bad-block-weights`.
 */
export function blockWeight(spec: string): (module: string) => number {
  const weights = blockWeightPresets[spec.trim().toUpperCase()] ?? spec.split(",").map(numberOf);
  const order = orders[weights.length];
  if (order === undefined || weights.some((weight) => !Number.isFinite(weight))) {
    const presets = Object.keys(blockWeightPresets).join(", ");
    throw new UserError(
      `block weights are ${presets}, or 12, 17, 20, 26 or 58 numbers; these are ${weights.length}: ${spec.slice(0, 200)}`,
      { code: "bad-block-weights" },
    );
  }
  const byBlock = new Map(order.map((block, place) => [block, weights[place] as number]));
  return (module) => byBlock.get(blockOf(module)) ?? 1;
}

const numberOf = (text: string) => (text.trim() === "" ? Number.NaN : Number(text));
