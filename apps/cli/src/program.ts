import { Command } from "commander";
import manifest from "../package.json" with { type: "json" };
import { addAuditCommand } from "./audit-program.ts";
import { addBatchCommands } from "./batch-program.ts";
import { addBisectCommands } from "./bisect-program.ts";
import { addBundleCommands } from "./bundle-program.ts";
import { addCaptionCommands } from "./caption-program.ts";
import { addCeilingCommands } from "./ceiling-program.ts";
import { commandsOf } from "./command-group.ts";
import type { ResumeOptions } from "./commands/change.ts";
import type { Does, Work } from "./commands/context.ts";
import type { CostOptions } from "./commands/cost.ts";
import type { RunOptions, SaveOptions } from "./commands/run.ts";
import { withSpecOptions } from "./commands/spec-options.ts";
import { addDatasetCommands } from "./dataset-program.ts";
import { addFleetCommands } from "./fleet-program.ts";
import { addGenerateCommand } from "./generate-program.ts";
import { addIntelligenceCommands } from "./intelligence-program.ts";
import { addLoraFileCommands } from "./lora-file-program.ts";
import { addLoraCommands } from "./lora-program.ts";
import { addModelCommands } from "./models-program.ts";
import { count, number } from "./option-values.ts";
import { addPictureCommands } from "./picture-program.ts";
import type { SpecOptions } from "./read-spec.ts";
import { addReplayCommands } from "./replay-program.ts";
import { addRunsCommands } from "./runs-program.ts";
import { addScheduleCommands } from "./schedule-program.ts";
import { addTrainCommands } from "./train-program.ts";
import { addWebhookCommands } from "./webhook-program.ts";

/** Commands are read when they are used, here and in the parts of the table: what one of them needs, hardly another does. */
const changeCommands = () => import("./commands/change.ts");
const costCommands = () => import("./commands/cost.ts");
const doctorCommands = () => import("./commands/doctor.ts");
const inspectCommands = () => import("./commands/inspect.ts");
const previewsCommands = () => import("./commands/previews.ts");
const queuesCommands = () => import("./commands/queues.ts");
const runCommands = () => import("./commands/run.ts");
const upCommands = () => import("./commands/up.ts");

const RUN = "id, end of an id, name, or `last`";

/**
 * The command line as a table: every command, its options and an example. `execute` does the work of the one that was
 * parsed, `json` says whether a program reads the answer.
 */
export function createProgram(execute: (work: Work, json: boolean) => Promise<void>): Command {
  const program = new Command("loramill")
    .description("The durable pipeline around LoRA training: pictures in, LoRAs and images out.")
    .version(manifest.version, "-V, --version", "print the version of Loramill")
    .option("--json", "answer with JSON for programs")
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError("(add --help for what it takes)")
    .exitOverride();
  const does: Does = (work) => execute(work, Boolean(program.opts().json));
  const command = commandsOf(program);
  const ofRun = (name: string, description: string, ...examples: string[]) =>
    command(name, description, ...examples).argument("<run>", RUN);

  command("up", "run the mill in the foreground", "loramill up").action(() =>
    does(async (context) => (await upCommands()).upCommand(context)),
  );
  withSaveOptions(
    withSpecOptions(
      command(
        "run",
        "run a spec or pictures from start to end; Ctrl-C cancels, twice leaves it to itself",
        'loramill run ./photos/dog --trigger "sks dog" --class dog',
        "loramill run spec.yaml --budget 2",
      ),
    ),
  )
    .option("--detach", "start it and go")
    .option("--over-ceiling", "also where a ceiling will probably end it before it is done")
    .action((spec: string, options: RunOptions) =>
      does(async (context) => (await runCommands()).runCommand(spec, options, context)),
    );
  withSpecOptions(
    command(
      "plan",
      "print the plan, with every default, digest and seed resolved",
      "loramill plan spec.yaml > plan.lock.json",
    ),
  ).action((spec: string, options: SpecOptions) =>
    does(async (context) => (await inspectCommands()).planCommand(spec, options, context)),
  );
  withSpecOptions(
    command("quote", "time, cost and cache hits before a run", "loramill quote ./photos/dog --steps 800"),
  ).action((spec: string, options: SpecOptions) =>
    does(async (context) => (await inspectCommands()).quoteCommand(spec, options, context)),
  );
  addRunsCommands(program, does);
  ofRun("explain", "why each step ran, was reused or waits", "loramill explain last").action((run: string) =>
    does(async (context) => (await inspectCommands()).explainCommand(run, context)),
  );
  ofRun("watch", "follow a run live; Ctrl-C ends the following, not the run", "loramill watch last").action(
    (run: string) => does(async (context) => (await changeCommands()).watchCommand(run, context)),
  );
  ofRun("logs", "print a run's events", "loramill logs last --follow", "loramill logs last --trainer")
    .option("-f, --follow", "go on as they come")
    .option("--trainer", "what the trainers themselves wrote")
    .action((run: string, options: { follow?: boolean; trainer?: boolean }) =>
      does(async (context) => (await inspectCommands()).logsCommand(run, options, context)),
    );
  command(
    "cost",
    "what a run cost, step by step; without one, what everything cost",
    "loramill cost last",
    "loramill cost --by project --from 2026-11-01 --csv > november.csv",
  )
    .argument("[run]", RUN)
    .option("--by <what>", "run, artifact, step, project, day, supplier or pod; default: run")
    .option("--project <project>", "only what this project caused")
    .option("--from <day>", "charges from this day (UTC) or moment on")
    .option("--to <day>", "charges before this day (UTC) or moment")
    .option("--limit <count>", "rows; the rest is added up; default: 50, with --csv 10,000", count)
    .option("--csv", "as comma-separated values, in US dollars")
    .action((run: string | undefined, options: CostOptions) =>
      does(async (context) => (await costCommands()).costCommand(run, options, context)),
    );
  ofRun("cancel", "stop a run; what is done stays", "loramill cancel last").action((run: string) =>
    does(async (context) => (await changeCommands()).cancelCommand(run, context)),
  );
  withSaveOptions(
    ofRun(
      "resume",
      "go on with a failed, cancelled or exhausted run, as `run` does",
      "loramill resume last",
      "loramill resume last --budget 5",
    ),
  )
    .option("--budget <usd>", "another hard limit of the whole cost, what is spent included", number)
    .option("--deadline <time>", "another deadline, as 2026-12-01T18:00:00Z")
    .action((run: string, options: ResumeOptions) =>
      does(async (context) => (await changeCommands()).resumeCommand(run, options, context)),
    );
  ofRun(
    "previews",
    "save the newest look at each picture that is being drawn",
    "loramill previews last --output ./looks",
  )
    .option("--output <folder>", "where to put them; default: this folder")
    .action((run: string, options: { output?: string }) =>
      does(async (context) => (await previewsCommands()).previewsCommand(run, options, context)),
    );
  withSaveOptions(
    ofRun(
      "save",
      "download what a run made, also one started elsewhere",
      "loramill save last --output ./results --save-dataset",
    ),
  ).action((run: string, options: SaveOptions) =>
    does(async (context) => (await changeCommands()).saveCommand(run, options, context)),
  );
  addReplayCommands(program, does);
  addBisectCommands(program, does);
  addBundleCommands(program, does);
  addBatchCommands(program, does);
  addGenerateCommand(program, does);
  addDatasetCommands(program, does);
  addCaptionCommands(program, does);
  addTrainCommands(program, does);
  addModelCommands(program, does);
  addLoraFileCommands(program, does);
  addLoraCommands(program, does);
  addPictureCommands(program, does);
  addIntelligenceCommands(program, does);
  addScheduleCommands(program, does);
  addCeilingCommands(program, does);
  addFleetCommands(program, does);
  addAuditCommand(program, does);
  addWebhookCommands(program, does);
  command(
    "doctor",
    "check configuration, database, queue, storage and backends",
    "loramill doctor",
    "loramill doctor storage --json",
  )
    .argument("[part]", "only this part, such as storage (which then runs the whole store suite)")
    .action((part: string | undefined) =>
      does(async (context) => (await doctorCommands()).doctorCommand(part, context)),
    );
  command("queues", "what waits and what is at work, by queue", "loramill queues").action(() =>
    does(async (context) => (await queuesCommands()).queuesCommand(context)),
  );
  return program;
}

function withSaveOptions(command: Command): Command {
  return command
    .option("--output <folder>", "where to put the results; default: a folder of OUTPUT_DIR")
    .option("--save-dataset", "also save the prepared pictures with their captions, into DATASET_OUTPUT_DIR");
}
