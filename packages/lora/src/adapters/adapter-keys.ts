import type { AdapterPart } from "./adapter.ts";

/** How a file spells the parts of an adapter. `xlabs` and `processor` also spell modules in ways of their own. */
export type KeySpelling = "kohya" | "peft" | "diffusers-old" | "xlabs";

export interface AdapterKey {
  /** The module as the file calls it. */
  readonly stem: string;
  readonly part: AdapterPart;
  /** Null for the suffixes that all dialects share. */
  readonly spelling: KeySpelling | null;
}

type Suffix = readonly [pattern: RegExp, part: AdapterPart, spelling: KeySpelling | null];

/** First match wins. In `lora_A.default.weight` the middle is the name that PEFT gave the adapter. */
const suffixes: readonly Suffix[] = [
  [/\.lora_down\.weight$/, "down", "kohya"],
  [/\.lora_up\.weight$/, "up", "kohya"],
  [/\.lora_mid\.weight$/, "mid", "kohya"],
  [/\.lora_A(?:\.(?!weight$|bias$)[^.]+)?(?:\.weight)?$/, "down", "peft"],
  [/\.lora_B\.bias$/, "up_bias", "peft"],
  [/\.lora_B(?:\.(?!weight$|bias$)[^.]+)?(?:\.weight)?$/, "up", "peft"],
  [/\.lora_magnitude_vector(?:\.(?!weight$)[^.]+)?(?:\.weight)?$/, "dora_scale", "peft"],
  [/(?:_lora|\.lora|\.lora_linear_layer)\.down\.weight$/, "down", "diffusers-old"],
  [/(?:_lora|\.lora|\.lora_linear_layer)\.up\.weight$/, "up", "diffusers-old"],
  ...(["alpha", "dora_scale", "reshape_weight", "diff", "diff_b", "set_weight", "w_norm", "b_norm"] as const).map(
    (part): Suffix => [new RegExp(`\\.${part}$`), part, null],
  ),
  ...(["hada_w1_a", "hada_w1_b", "hada_w2_a", "hada_w2_b", "hada_t1", "hada_t2"] as const).map(
    (part): Suffix => [new RegExp(`\\.${part}$`), part, "kohya"],
  ),
  ...(["lokr_w1", "lokr_w1_a", "lokr_w1_b", "lokr_w2", "lokr_w2_a", "lokr_w2_b", "lokr_t2"] as const).map(
    (part): Suffix => [new RegExp(`\\.${part}$`), part, "kohya"],
  ),
];

const XLABS = /^(.*\.processor\.(?:qkv|proj)_lora[12]?)\.(down|up)\.weight$/;

/** Kinds of adapters that are known and cannot be read, by what their keys end with. */
const foreign = [
  [/\.oft_(?:blocks|diag)$/, "OFT or BOFT"],
  [/\.[ab][12]\.weight$/, "GLoRA"],
] as const;

/** What a tensor's name says; null when it does not name a part of an adapter. */
export function parseAdapterKey(key: string): AdapterKey | null {
  const xlabs = XLABS.exec(key);
  if (xlabs) return { stem: xlabs[1] ?? "", part: xlabs[2] === "up" ? "up" : "down", spelling: "xlabs" };
  for (const [pattern, part, spelling] of suffixes) {
    const found = pattern.exec(key);
    if (found && found.index > 0) return { stem: key.slice(0, found.index), part, spelling };
  }
  return null;
}

/** The name of an adapter kind that this package recognises and refuses; null for every other key. */
export function foreignKind(key: string): string | null {
  return foreign.find(([pattern]) => pattern.test(key))?.[1] ?? null;
}
