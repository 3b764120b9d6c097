import type { LoraDescription } from "@loramill/lora";
import { formatBytes, printable } from "../../format.ts";

/** What a file's header tells, and what was asked for besides. */
export interface InspectedFile {
  readonly file: string;
  readonly description: LoraDescription;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly keys?: readonly { readonly name: string; readonly dtype: string; readonly shape: readonly number[] }[];
  readonly hashes?: Readonly<Record<string, string>>;
}

/** Settings of a training that people ask for first, without the prefix `ss_`; `--metadata` shows all. */
const settings = [
  "sd_model_name",
  "base_model_version",
  "network_dim",
  "network_alpha",
  "learning_rate",
  "unet_lr",
  "text_encoder_lr",
  "optimizer",
  "lr_scheduler",
  "steps",
  "max_train_steps",
  "num_epochs",
  "total_batch_size",
  "num_train_images",
  "resolution",
  "mixed_precision",
  "seed",
] as const satisfies readonly (keyof LoraDescription["training"])[];

const TAGS_SHOWN = 10;

/** A file as lines of a name and what it is; lines that would say nothing are left out. */
export function describeInWords(file: InspectedFile): string {
  const { description } = file;
  const { title, dialect, modules, components, unresolved, parameters, bytes, lineage } = description;
  const training = settings.flatMap((field) => {
    const value = description.training[field];
    return value === undefined ? [] : [`${field} ${String(value)}`];
  });
  const parts = Object.entries(components).map(([name, count]) => `${count} in ${name}`);
  const known = [...parts, ...(unresolved.length > 0 ? [`${unresolved.length} unknown`] : [])];
  const lines: [name: string, text: string][] = [
    ["title", title ?? ""],
    ["family", shownFamily(description) + (description.family ? `, told by ${description.family.from}` : "")],
    ["dialect", dialect ?? ""],
    ["modules", `${modules}${known.length > 0 ? `: ${known.join(", ")}` : ""}`],
    ["kinds", shownKinds(description)],
    ["ranks", shownRanks(description)],
    [
      "dtypes",
      Object.entries(description.dtypes)
        .map(([dtype, size]) => `${dtype} ${formatBytes(size)}`)
        .join(", "),
    ],
    ["size", `${formatBytes(bytes)}, ${parameters.toLocaleString("en-GB")} parameters`],
    ["trigger", description.triggerWords.map(({ word, from }) => `${word} (${from})`).join(", ")],
    [
      "tags",
      description.tags
        .slice(0, TAGS_SHOWN)
        .map(({ tag, count }) => `${tag} ${count}`)
        .join(", "),
    ],
    ["training", training.join(", ")],
    ["lineage", lineage === null ? "" : lineageInWords(lineage)],
    ...description.warnings.map((warning): [string, string] => ["warning", warning]),
  ];
  const shown = lines.filter(([, text]) => text !== "").map(([name, text]) => `  ${name.padEnd(9)} ${printable(text)}`);
  return [printable(file.file), ...shown, keysInWords(file)].filter((line) => line !== "").join("\n");
}

/** What was asked for besides the description: hashes, metadata, keys. */
export function keysInWords({ hashes, metadata, keys }: InspectedFile): string {
  const lines = [
    ...Object.entries(hashes ?? {}).map(([name, hash]) => `  ${name.padEnd(14)} ${hash}`),
    ...Object.entries(metadata ?? {}).map(([key, text]) => `  ${printable(key)} = ${printable(text)}`),
    ...(keys ?? []).map(({ name, dtype, shape }) => `  ${printable(name)} ${dtype} [${shape.join(", ")}]`),
  ];
  return lines.join("\n");
}

export function shownFamily({ family }: LoraDescription): string {
  return family === null ? "unknown" : [family.family, family.variant].filter((part) => part !== null).join(" ");
}

/** `32`, or `4–32` where modules differ. */
export function shownRanks({ ranks }: LoraDescription): string {
  const values = ranks.map(({ rank }) => rank);
  if (values.length === 0) return "";
  const [least, most] = [Math.min(...values), Math.max(...values)];
  return least === most ? `${least}` : `${least}–${most}`;
}

function shownKinds({ kinds, hasDora }: LoraDescription): string {
  const shown = Object.entries(kinds).map(([kind, count]) => `${count} ${kind}`);
  return [...shown, ...(hasDora ? ["with DoRA"] : [])].join(", ");
}

function lineageInWords(lineage: NonNullable<LoraDescription["lineage"]>): string {
  const { recipe: _, ...known } = lineage;
  return Object.entries(known)
    .map(
      ([name, value]) => `${name} ${/^[0-9a-f]{64}$/.test(String(value)) ? String(value).slice(0, 12) : String(value)}`,
    )
    .join(", ");
}
