import type { Command } from "commander";
import { commandsOf } from "./command-group.ts";
import type { ExportBundleOptions, ImportBundleOptions } from "./commands/bundle.ts";
import type { Does } from "./commands/context.ts";

const bundleCommands = () => import("./commands/bundle.ts");

/** `export`, `import` and `project …`: runs and projects as one file. */
export function addBundleCommands(parent: Command, does: Does): void {
  const command = commandsOf(parent);
  withExportOptions(
    command(
      "export",
      "write a run that has ended into one file, to import elsewhere",
      "loramill export last",
      "loramill export last --output dog.loramill.tar.zst --without pictures",
    ).argument("<run>", "id, end of an id, name, or `last`"),
  ).action((run: string, options: ExportBundleOptions) =>
    does(async (context) => (await bundleCommands()).exportRunCommand(run, options, context)),
  );
  withImportOptions(
    command(
      "import",
      "take in the bundle of a run: its results need not be made again",
      "loramill import dog.loramill.tar",
    ),
  ).action((file: string, options: ImportBundleOptions) =>
    does(async (context) => (await bundleCommands()).importBundleCommand(file, options, context)),
  );

  const project = commandsOf(command("project", "the state of a project as one file", "loramill project save default"));
  withExportOptions(
    project(
      "save",
      "write recipes, datasets, captions and LoRAs of a project into one file",
      "loramill project save default --output default.loramill.tar --without pictures",
    ).argument("<project>", "its name"),
  ).action((name: string, options: ExportBundleOptions) =>
    does(async (context) => (await bundleCommands()).saveProjectCommand(name, options, context)),
  );
  project(
    "load",
    "take in what `project save` wrote; what is here stays",
    "loramill project load default.loramill.tar --project dogs",
  )
    .argument("<file>", "as it was saved")
    .option("--project <project>", "project that gets it; default: default")
    .action((file: string, options: Omit<ImportBundleOptions, "reuse">) =>
      does(async (context) => (await bundleCommands()).importBundleCommand(file, { ...options, reuse: true }, context)),
    );
}

function withExportOptions(command: Command): Command {
  return command
    .option(
      "--output <file>",
      "its name; .gz or .zst at the end packs it; default: the name and .loramill.tar, in this folder",
    )
    .option(
      "--without <part>",
      "leave out pictures (trained on) or images (drawn); again, or with a comma, for both",
      each,
    )
    .option("--force", "write over a file that is there");
}

function withImportOptions(command: Command): Command {
  return command
    .argument("<file>", "as it was exported, also packed")
    .option("--project <project>", "project that gets it; default: default")
    .option("--no-reuse", "to be looked at: no run takes its results for work that was done");
}

const each = (value: string, before: readonly string[] = []): string[] => [...before, value];
