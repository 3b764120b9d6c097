import { toErrorRecord } from "@loramill/contracts";

type Sign = readonly [start: RegExp, advice: string];

/** What people take for LoRA files by mistake, by the first bytes (as Latin-1). */
const mistaken: readonly Sign[] = [
  [/^$/, "it is empty: copy or download it again"],
  [/^\s*<(!doctype|html|\?xml)/i, "it is a web page: the site wanted a login or a token; download it again with one"],
  [/^version https:\/\/git-lfs/, "it is a pointer of Git LFS: run `git lfs pull` where it comes from"],
  [/^\s*[{[]/, "it is JSON, such as a site's error or a workflow: download the weights themselves"],
  [/^(\x89PNG|\xff\xd8\xff|RIFF....WEBP)/s, "it is a picture"],
  [/^(Rar!|7z\xbc\xaf)/, "it is a packed archive: unpack it first"],
  [/^GGUF/, "it is a quantised base model (GGUF)"],
];

const byCode: Readonly<Record<string, string>> = {
  "unsafe-pickle": "it holds code, which is never run here: get its .safetensors version",
  "bad-torch-file": "save its weights as .safetensors with the program that made it, or download it again",
  "bad-adapter": "its matrices do not fit together: get it again from where it was trained",
  "unsupported-adapter": "convert it to plain LoRA matrices with the program that made it",
};

/** What to do about a file that cannot be read as a LoRA. `head` are its first bytes (64 are enough). */
export function adviseOnFile(head: Uint8Array, error: unknown): string {
  const start = Buffer.from(head.subarray(0, 64)).toString("latin1");
  const sign = mistaken.find(([pattern]) => pattern.test(start));
  if (sign !== undefined) return sign[1];
  const { code, details } = toErrorRecord(error);
  if (code in byCode) return byCode[code] as string;
  if (start.startsWith("PK")) return "if it is a zip archive, unpack it first";
  const isShort = details.problem === "MetadataIncompleteBuffer" || details.problem === "InvalidHeaderLength";
  if (isShort)
    return "it was cut short, or is no safetensors file: compare its size with the site's and download it again";
  return "it is damaged, or no safetensors file: download it again and compare its SHA-256 with the site's";
}

/** What a file without LoRA matrices is, by the names of its tensors. */
export function adviseOnContents(names: Iterable<string>): string {
  const kinds: readonly Sign[] = [
    [/^(emb_params|string_to_param|clip_[lg]$|<)/, "it is a textual inversion (an embedding), which prompts name"],
    [/^(control_model|controlnet_|input_hint_block)/, "it is a ControlNet"],
    [
      /^(model\.diffusion_model|first_stage_model|cond_stage_model|conditioner)\./,
      "it is a whole checkpoint: a base model",
    ],
    [
      /^(double_blocks|transformer_blocks|down_blocks|joint_blocks|input_blocks)\./,
      "it is a base model without its text encoders",
    ],
    [/^(encoder|decoder|quant_conv|post_quant_conv)\./, "it is a VAE"],
    [/^(text_model|shared|encoder\.block)\b/, "it is a text encoder"],
  ];
  for (const name of names) {
    const kind = kinds.find(([pattern]) => pattern.test(name));
    if (kind !== undefined) return kind[1];
  }
  return "its tensors have no names that any LoRA has";
}
