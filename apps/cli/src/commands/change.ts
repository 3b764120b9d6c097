import { isFinal } from "@loramill/contracts";
import { withConnection } from "../connect.ts";
import { exitCodeOfRun, exitCodes } from "../exit-codes.ts";
import { withFollowed } from "../followed-run.ts";
import { moment } from "../moment.ts";
import { resolveRun } from "../resolve-run.ts";
import { type CommandContext, printJson, printLine } from "./context.ts";
import { finishRun, report, type SaveOptions, save } from "./run.ts";

/** The commands that take up a run which exists. */

/** Asks for the end of a run and waits for it, so that a mill started for this command does not end before. */
export async function cancelCommand(run: string, context: CommandContext): Promise<number> {
  return withConnection(context, async ({ client }) => {
    const before = await client.getRun(await resolveRun(client, run));
    let view = before;
    if (!isFinal("run", before.state)) {
      view = await client.cancelRun(before.id);
      for await (const message of client.follow(before.id)) if (message.kind === "snapshot") view = message.run;
    }
    if (context.json) printJson(context, view);
    else if (view === before) printLine(context, `${view.id} is ${view.state}: there is nothing to cancel`);
    else if (view.state !== "cancelled") printLine(context, `${view.id} ${view.state} before it could be cancelled`);
    else printLine(context, `${view.id} is cancelled; \`loramill resume ${view.id}\` goes on with it`);
    return exitCodes.ok;
  });
}

export interface ResumeOptions extends SaveOptions {
  readonly budget?: number;
  readonly deadline?: string;
}

/** Goes on with a run, follows it and saves what it makes, as `run` does. */
export async function resumeCommand(run: string, options: ResumeOptions, context: CommandContext): Promise<number> {
  const { budget, deadline } = options;
  const change = {
    ...(budget === undefined ? {} : { budgetUsd: budget }),
    ...(deadline === undefined ? {} : { deadline: moment("deadline", deadline) }),
  };
  return withFollowed(context, "cancel", {
    start: async (client) => client.resumeRun(await resolveRun(client, run), change),
    end: (followed) => finishRun({ ...followed, options, context }),
  });
}

/** Follows a run to its end; Ctrl-C ends the following, not the run. */
export async function watchCommand(run: string, context: CommandContext): Promise<number> {
  return withFollowed(context, "leave", {
    start: async (client) => client.getRun(await resolveRun(client, run)),
    end: async (followed) => {
      if (context.json) printJson(context, followed.run);
      return followed.detached ? exitCodes.ok : exitCodeOfRun(followed.run.state);
    },
  });
}

/** Downloads what a run made, also one that was started elsewhere or left to itself. */
export async function saveCommand(run: string, options: SaveOptions, context: CommandContext): Promise<number> {
  return withConnection(context, async ({ client }) => {
    const view = await client.getRun(await resolveRun(client, run));
    report(context, view, await save(client, view, options, context));
    return exitCodes.ok;
  });
}
