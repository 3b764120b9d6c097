import type { Command } from "commander";
import { commandsOf } from "./command-group.ts";
import type { Does } from "./commands/context.ts";
import type { ReplayOptions } from "./commands/replay.ts";
import { collect, number } from "./option-values.ts";

const diffCommands = () => import("./commands/diff.ts");
const replayCommands = () => import("./commands/replay.ts");

const RUN = "id, end of an id, name, or `last`";

/** `loramill diff` and `loramill replay`: how plans differ, and whether one gives the same again. */
export function addReplayCommands(program: Command, does: Does): void {
  const command = commandsOf(program);
  const side = "a run, a spec, a folder of pictures, or a file of `loramill plan`";
  command(
    "diff",
    "what differs between two runs, specs or locked plans, and what each difference makes anew",
    "loramill diff plan.lock.json last",
    "loramill diff last spec.yaml",
  )
    .argument("<before>", side)
    .argument("<after>", side)
    .action((before: string, after: string) =>
      does(async (context) => (await diffCommands()).diffPlansCommand(before, after, context)),
    );
  command(
    "replay",
    "do the locked plan of a run again, without reuse; refused where anything it was done with has changed",
    "loramill replay last --verify",
    "loramill replay last --verify --step train --step generate",
  )
    .argument("<run>", RUN)
    .option("--verify", "compare what comes out with what the run made, step by step")
    .option("--step <step>", "only this step, may be repeated; the others keep what the run made", collect)
    .option("--pixels <levels>", "tolerate this difference of a pixel's channel, of 255", number)
    .option("--tensors <share>", "tolerate this difference of weights, as a share of their length", number)
    .option("--budget <usd>", "another hard limit than the run's", number)
    .option("--over-ceiling", "also where a ceiling will probably end it before it is done")
    .option("--yes", "do not ask before it costs money again")
    .option("--detach", "start it and go")
    .option("--report", "start nothing: print what the verification of this replay has found")
    .action((run: string, options: ReplayOptions & { readonly report?: boolean }) =>
      does(async (context) => {
        const { replayCommand, replayReportCommand } = await replayCommands();
        return options.report ? replayReportCommand(run, context) : replayCommand(run, options, context);
      }),
    );
}
