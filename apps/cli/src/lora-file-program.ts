import { LoraFamily } from "@loramill/contracts";
import { type MappedFamily, mappedFamilies } from "@loramill/lora/families";
import { type Command, InvalidArgumentError, Option } from "commander";
import { groupOf } from "./command-group.ts";
import type { Does } from "./commands/context.ts";
import type { ExtractOptions, MergeIntoOptions } from "./commands/lora-files/checkpoints.ts";
import type { CompareOptions } from "./commands/lora-files/compare.ts";
import type { ExportOptions } from "./commands/lora-files/export.ts";
import { exportTargets } from "./commands/lora-files/export-targets.ts";
import type { InspectOptions } from "./commands/lora-files/inspect-options.ts";
import type { MetadataOptions } from "./commands/lora-files/metadata.ts";
import type { ConvertOptions, MergeOptions, PruneOptions, ResizeOptions } from "./commands/lora-files/operations.ts";
import type { ValidateOptions } from "./commands/lora-files/validate.ts";
import { collect, number } from "./option-values.ts";

const checkpointsCommands = () => import("./commands/lora-files/checkpoints.ts");
const compareCommands = () => import("./commands/lora-files/compare.ts");
const exportCommands = () => import("./commands/lora-files/export.ts");
const inspectCommands = () => import("./commands/lora-files/inspect.ts");
const metadataCommands = () => import("./commands/lora-files/metadata.ts");
const operationsCommands = () => import("./commands/lora-files/operations.ts");
const validateCommands = () => import("./commands/lora-files/validate.ts");

const FILE = "a LoRA file: .safetensors, .pt, .pth, .bin or .ckpt; the extension may be left out";
const FILE_OR_LORA = `${FILE}. Or a LoRA of the library: name, name@version, id, alias, hash`;
const PROJECT = "of LoRAs of the library; default: default";
const WEIGHTED =
  "file or LoRA of the library, file:weight or file:weight:blocks; blocks are a preset such as INS, or 12, 17, 20, 26 or 58 numbers";

const MODEL = "one safetensors file, or a base model of the API as owner/name or owner/name:file";

/**
 * The commands of `loramill lora …` that work on files of this machine, for which none of them needs a mill. Some take what the
 * API has instead: LoRAs of the library, base models.
 */
export function addLoraFileCommands(parent: Command, does: Does): void {
  const command = groupOf(
    parent,
    "lora",
    "keep, look into, merge, change and convert LoRAs",
    "loramill lora inspect dog.safetensors",
  );
  const ofFile = (name: string, description: string, ...examples: string[]) =>
    command(name, description, ...examples).argument("<file>", FILE);
  const ofLora = (name: string, description: string, ...examples: string[]) =>
    command(name, description, ...examples)
      .argument("<file>", FILE_OR_LORA)
      .option("--project <project>", PROJECT);

  command(
    "inspect",
    "what the header of a LoRA file tells; several files as a table",
    "loramill lora inspect dog.safetensors --hashes",
    "loramill lora inspect toys@2",
    "loramill lora inspect dog.safetensors ink.pt",
  )
    .argument("<file...>", FILE_OR_LORA)
    .option("--metadata", "the metadata as it is")
    .option("--keys", "every tensor with its type and shape")
    .option("--hashes", "all hashes that sites and tools know it by; reads the whole file")
    .option("--size-limit <megabytes>", "warn of files that are larger; default: 500", number)
    .option("--project <project>", PROJECT)
    .action((files: string[], options: InspectOptions) =>
      does(async (context) => (await inspectCommands()).inspectCommand(files, options, context)),
    );
  ofLora(
    "validate",
    "what is wrong with a LoRA file; 1 when it should not be used",
    "loramill lora validate dog.safetensors --family sdxl --strength 0.8",
    "loramill lora validate toys --model stabilityai/stable-diffusion-xl-base-1.0",
  )
    .addOption(new Option("--family <family>", "what it is to be used with").choices(LoraFamily.options))
    .option("--strength <strength>", "what it is to be applied with, 0 to 2", number)
    .option("--model <model>", "a base model that it is to be used with; for LoRAs of the library")
    .option("--beside <folder>", "where the other half of a pair would be; default: the file's folder")
    .action((file: string, options: ValidateOptions & { family?: LoraFamily }) =>
      does(async (context) => (await validateCommands()).validateCommand(file, options, context)),
    );
  makes(
    command(
      "merge",
      "one LoRA of several",
      "loramill lora merge dog.safetensors:0.8 ink.safetensors:0.5 -o both.safetensors",
      "loramill lora merge dog:0.8 ink@2:0.5 -o both.safetensors",
      "loramill lora merge dog.safetensors ink.safetensors:1:OUTALL --method ties --rank 32 --density 0.5 -o both.safetensors",
    ).argument("<file...>", WEIGHTED),
  )
    .option("--project <project>", PROJECT)
    .addOption(new Option("--method <method>", "how; see docs/lora-tools.md").choices(methods).default("concat"))
    .option("--rank <rank>", "of the result: svd, magnitude, ties, dare, kohya-svd", number)
    .option("--density <share>", "share of the elements that is kept: magnitude, ties, dare", number)
    .option("--t <place>", "between the first (0) and the second (1): lerp, slerp", number)
    .option("--ties", "dare: only the elements whose sign wins")
    .option("--dtype <dtype>", DTYPE)
    .option("--seed <seed>", "of what is drawn", number)
    .action((files: string[], options: MergeOptions) =>
      does(async (context) => (await operationsCommands()).mergeCommand(files, options, context)),
    );
  makes(
    ofLora(
      "resize",
      "another rank, fixed or by what a module needs",
      "loramill lora resize dog.safetensors --rank 8 -o small.safetensors",
      "loramill lora resize dog.safetensors --frobenius 0.95 --max-rank 32 -o small.safetensors",
    ),
  )
    .option("--rank <rank>", "of every module", number)
    .option("--ratio <ratio>", "by module: singular values above the largest divided by this", number)
    .option("--cumulative <share>", "by module: share of the sum of singular values, 0 to 1", number)
    .option("--frobenius <share>", "by module: share of the norm, 0 to 1", number)
    .option("--max-rank <rank>", "never more, with the last three", number)
    .option("--conv-rank <rank>", "of convolutions larger than 1 × 1", number)
    .option("--dtype <dtype>", DTYPE)
    .action((file: string, options: ResizeOptions) =>
      does(async (context) => (await operationsCommands()).resizeCommand(file, options, context)),
    );
  makes(
    ofLora(
      "convert",
      "another dialect, or a PyTorch file as safetensors",
      "loramill lora convert dog.safetensors --dialect diffusers -o dog-diffusers.safetensors",
      "loramill lora convert dog.pt -o dog.safetensors",
    ),
  )
    .option("--dialect <dialect>", "kohya, diffusers, comfyui or bfl")
    .option("--leave-out", "go on without what the dialect cannot say")
    .action((file: string, options: ConvertOptions) =>
      does(async (context) => (await operationsCommands()).convertCommand(file, options, context)),
    );
  makes(
    ofLora(
      "prune",
      "without modules that change nothing, or little",
      "loramill lora prune dog.safetensors --min-norm 0.01 -o lean.safetensors",
    ),
  )
    .option("--min-norm <norm>", "modules whose change has a smaller Frobenius norm go; default: dead ones", number)
    .action((file: string, options: PruneOptions) =>
      does(async (context) => (await operationsCommands()).pruneCommand(file, options, context)),
    );
  command(
    "compare",
    "how alike the changes of two LoRAs are",
    "loramill lora compare dog-v1.safetensors dog-v2.safetensors",
    "loramill lora compare toys@1 toys@2",
  )
    .argument("<a>", FILE_OR_LORA)
    .argument("<b>", FILE_OR_LORA)
    .option("--modules", "module by module instead of block by block")
    .option("--project <project>", PROJECT)
    .action((a: string, b: string, options: CompareOptions) =>
      does(async (context) => (await compareCommands()).compareCommand(a, b, options, context)),
    );
  makes(
    command(
      "extract",
      "the LoRA between a model and what it was tuned to",
      "loramill lora extract --original base.safetensors --tuned tuned.safetensors --rank 32 -o change.safetensors",
      "loramill lora extract --original owner/base --tuned owner/tuned --rank 32 -o change.safetensors",
    ),
  )
    .requiredOption("--original <file>", `the checkpoint before: ${MODEL}`)
    .requiredOption("--tuned <file>", "the checkpoint after, alike")
    .requiredOption("--rank <rank>", "of the result, at most", rank)
    .option("--conv-rank <rank>", "of convolutions larger than 1 × 1", rank)
    .addOption(new Option("--dtype <dtype>", "of the result").choices(["F32", "F16", "BF16"]).default("F16"))
    .addOption(
      new Option("--family <family>", "what the checkpoints are; default: told by their keys").choices(mappedFamilies),
    )
    .option("--project <project>", "of the result, where base models are worked on; default: default")
    .action((options: ExtractOptions & { family?: MappedFamily }) =>
      does(async (context) => (await checkpointsCommands()).extractCommand(options, context)),
    );
  makes(
    command(
      "merge-into",
      "a checkpoint with LoRAs in its weights",
      "loramill lora merge-into base.safetensors dog.safetensors:0.8 -o dog-model.safetensors",
      "loramill lora merge-into owner/base toys@2:0.8 -o toys-model.safetensors",
    )
      .argument("<checkpoint>", `the model: ${MODEL}`)
      .argument("<file...>", `${WEIGHTED}; into a base model go those of the library`),
  )
    .option("--project <project>", PROJECT)
    .option("--leave-out", "go on without modules that the checkpoint has no weight for")
    .action((checkpoint: string, files: string[], options: MergeIntoOptions) =>
      does(async (context) => (await checkpointsCommands()).mergeIntoCommand(checkpoint, files, options, context)),
    );
  ofFile(
    "metadata",
    "show a file's metadata, or write it with other metadata and the same tensors",
    "loramill lora metadata dog.safetensors",
    'loramill lora metadata dog.safetensors --set "modelspec.author=Ada" --remove ss_session_id -o mine.safetensors',
    "loramill lora metadata dog.safetensors --private --in-place",
  )
    .option("--set <key=value>", "set an entry; can be repeated", collect)
    .option("--remove <key>", "take an entry away; can be repeated", collect)
    .option("--private", "without what tells of its maker: names, captions, times, prompts, lineage")
    .option("-o, --output <file>", "where the edited file goes")
    .option("--in-place", "the file itself; replaced when all of the new one is written")
    .option("--force", "write over a file that is there")
    .action((file: string, options: MetadataOptions) =>
      does(async (context) => (await metadataCommands()).metadataCommand(file, options, context)),
    );
  ofFile("export", "a LoRA as another tool reads it", "loramill lora export dog.safetensors --for a1111 -o ./for-forge")
    .addOption(new Option("--for <tool>", "the tool").choices(exportTargets).makeOptionMandatory())
    .requiredOption("-o, --output <folder>", "where its files go")
    .option("--name <name>", "what it is called there; default: the file's name")
    .option("--leave-out", "go on without what the tool's dialect cannot say")
    .option("--force", "write over files that are there")
    .action((file: string, options: ExportOptions) =>
      does(async (context) => (await exportCommands()).exportCommand(file, options, context)),
    );
}

const DTYPE = "of the result: F32, F16 or BF16; default: the widest that came in";

const methods = [
  ...["concat", "svd", "lerp", "slerp", "magnitude", "ties", "dare"],
  ...["kohya-sum", "kohya-concat", "kohya-svd", "peft-linear"],
];

function makes(command: Command): Command {
  return command
    .requiredOption("-o, --output <file>", "the .safetensors file to write")
    .option("--name <name>", "what the result calls itself; default: the file's name")
    .option("--force", "write over a file that is there");
}

function rank(text: string): number {
  const value = number(text);
  if (!Number.isInteger(value) || value < 1 || value > 4096) throw new InvalidArgumentError("expected 1 to 4096");
  return value;
}
