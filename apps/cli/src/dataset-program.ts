import { type Command, InvalidArgumentError } from "commander";
import { commandsOf } from "./command-group.ts";
import type { Does } from "./commands/context.ts";
import type { DeriveOptions, ExportOptions } from "./commands/dataset.ts";
import type { SaveOptions } from "./commands/run.ts";
import type { ImportOptions } from "./dataset-spec.ts";
import { collect } from "./option-values.ts";

const datasetCommands = () => import("./commands/dataset.ts");

const DATASET = "name (the newest version), name@digest or digest, which may be cut short";

/** `loramill dataset …`: make, look at, compare, change and export versions of datasets. */
export function addDatasetCommands(parent: Command, does: Does): void {
  const command = commandsOf(
    commandsOf(parent)(
      "dataset",
      "make, look at, compare, change and export datasets",
      "loramill dataset import ./photos --name toys",
    ),
  );

  command(
    "import",
    "make a dataset of folders, archives, videos, lists of URLs and S3 prefixes",
    "loramill dataset import ./photos ./more.zip --name toys --resolution 1024",
    "loramill dataset import clip.mp4 --every 24",
    "loramill dataset import dataset:toys ./more-toys --name toys",
  )
    .argument(
      "<sources...>",
      "folders, .zip/.tar/.tgz, videos, .txt/.jsonl lists of URLs, URLs, s3://bucket/prefix, dataset:NAME",
    )
    .option("--name <name>", "name of the dataset; default: that of the first source")
    .option("--project <project>", "project it belongs to")
    .option("--resolution <pixels>", "side of the prepared pictures", pixels)
    .option("--crop <crop>", "attention, centre, faces or none (aspect buckets)")
    .option("--format <format>", "png, webp or jpeg")
    .option("--every <frames>", "of a video, every so many frames", pixels)
    .option("--output <folder>", "where to put the report and the manifest")
    .option("--save-dataset", "also save the prepared pictures, into DATASET_OUTPUT_DIR")
    .option("--detach", "start it and go")
    .action((sources: string[], options: ImportOptions & SaveOptions) =>
      does(async (context) => (await datasetCommands()).importCommand(sources, options, context)),
    );
  command("list", "versions of datasets, newest first", "loramill dataset list --name toys")
    .option("--name <name>", "of this dataset only")
    .action((options: { name?: string }) =>
      does(async (context) => (await datasetCommands()).listCommand(options, context)),
    );
  command("inspect", "statistics of a version", "loramill dataset inspect toys --images")
    .argument("<dataset>", DATASET)
    .option("--images", "also every picture")
    .action((dataset: string, options: { images?: boolean }) =>
      does(async (context) => (await datasetCommands()).inspectCommand(dataset, options, context)),
    );
  command("validate", "the gates of a version; fails when one blocks", "loramill dataset validate toys")
    .argument("<dataset>", DATASET)
    .action((dataset: string) => does(async (context) => (await datasetCommands()).validateCommand(dataset, context)));
  command("diff", "what changed between two versions", "loramill dataset diff 3f9a61c2 toys")
    .argument("<before>", DATASET)
    .argument("<after>", DATASET)
    .action((before: string, after: string) =>
      does(async (context) => (await datasetCommands()).diffCommand(before, after, context)),
    );
  command("overlaps", "pictures that other datasets hold too", "loramill dataset overlaps toys --with holdout")
    .argument("<dataset>", DATASET)
    .option("--with <dataset>", "only this one; default: the newest version of every other")
    .option("--distance <bits>", "bits of 64 that near duplicates may differ in; default 4", pixels)
    .action((dataset: string, options: { with?: string; distance?: number }) =>
      does(async (context) => (await datasetCommands()).overlapsCommand(dataset, options, context)),
    );
  command(
    "derive",
    "make a new version without copying bytes",
    "loramill dataset derive toys --drop blurry.png --caption 'a.png=a red ball' --repeat 'b.png=3' --add more-toys",
  )
    .argument("<dataset>", DATASET)
    .option("--name <name>", "name of the new version; default: the same")
    .option("--drop <path>", "leave a picture out; may be repeated", collect)
    .option("--caption <path=text>", "give a picture another caption, or none; may be repeated", collect)
    .option("--repeat <path=count>", "show a picture so often an epoch; may be repeated", collect)
    .option("--add <dataset>", "add the pictures of another version; may be repeated", collect)
    .action((dataset: string, options: DeriveOptions) =>
      does(async (context) => (await datasetCommands()).deriveCommand(dataset, options, context)),
    );
  command(
    "export",
    "write a version in the layout of a trainer",
    "loramill dataset export toys --layout kohya --class toy --output ./kohya",
    "loramill dataset export toys --layout replicate --run last --output toys.zip",
  )
    .argument("<dataset>", DATASET)
    .requiredOption(
      "--layout <layout>",
      "kohya, ai-toolkit, simpletuner, musubi, imagefolder, webdataset, replicate or comfyui",
    )
    .option("--output <path>", "a folder, or a file ending in .zip or .tar")
    .option("--run <run>", "take the captions of this run (id, name, `last`)")
    .option("--class <name>", "what the subject is: the class tokens of layouts that have them")
    .option("--resolution <pixels>", "training resolution in the configuration", pixels)
    .action((dataset: string, options: ExportOptions) =>
      does(async (context) => (await datasetCommands()).exportCommand(dataset, options, context)),
    );
  command("report", "save the page about the dataset of a run", "loramill dataset report last --output report.html")
    .argument("<run>", "id, end of an id, name, or `last`")
    .option("--output <file>", "default: dataset-report.html")
    .action((run: string, options: { output?: string }) =>
      does(async (context) => (await datasetCommands()).reportCommand(run, options, context)),
    );
}

function pixels(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError("expected a whole number above 0");
  return value;
}
