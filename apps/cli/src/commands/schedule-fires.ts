import { UserError } from "@loramill/contracts";
import { withConnection } from "../connect.ts";
import { exitCodes } from "../exit-codes.ts";
import { shortTime } from "../format.ts";
import { moment } from "../moment.ts";
import { type TimingOptions, timingOf } from "../schedule-options.ts";
import { fireTable } from "../schedule-view.ts";
import { type CommandContext, printJson, printLine } from "./context.ts";
import { type OfProject, print, withLastingConnection } from "./schedule.ts";

export interface BackfillOptions extends OfProject {
  readonly from: string;
  readonly to: string;
  readonly preview?: boolean;
}

export interface FireListOptions extends OfProject {
  readonly state?: string;
  readonly limit?: number;
  readonly cursor?: string;
}

/** Times that are printed of many. */
const SHOWN = 20;

export async function pauseScheduleCommand(
  name: string,
  options: OfProject & { readonly reason?: string },
  context: CommandContext,
): Promise<number> {
  return withConnection(context, async ({ client }) => print(await client.schedules.pause(name, options), context));
}

export async function resumeScheduleCommand(
  name: string,
  options: OfProject,
  context: CommandContext,
): Promise<number> {
  return withLastingConnection(context, async ({ client }) =>
    print(await client.schedules.resume(name, options), context),
  );
}

export async function triggerScheduleCommand(
  name: string,
  options: OfProject,
  context: CommandContext,
): Promise<number> {
  return withLastingConnection(context, async ({ client }) => {
    const fire = await client.schedules.trigger(name, options);
    if (context.json) printJson(context, fire);
    else printLine(context, `fired; \`loramill schedule fires ${name}\` says what became of it`);
    return exitCodes.ok;
  });
}

export async function backfillScheduleCommand(
  name: string,
  { from, to, preview = false, ...ofProject }: BackfillOptions,
  context: CommandContext,
): Promise<number> {
  const body = { from: moment("from", from), to: moment("to", to), preview };
  const connection = preview ? withConnection : withLastingConnection;
  return connection(context, async ({ client }) => {
    const answer = await client.schedules.backfill(name, body, ofProject);
    if (context.json) printJson(context, answer);
    else {
      const { fires, present } = answer;
      const there = present === 0 ? "" : `; ${present} have a run, or are about to`;
      printLine(context, `${fires.length} fires ${preview ? "would be" : "are"} made${there}`);
      if (fires.length > 0) printLine(context, fires.slice(0, SHOWN).map(shortTime).join("\n"));
      if (fires.length > SHOWN) printLine(context, `… and ${fires.length - SHOWN} more`);
    }
    return exitCodes.ok;
  });
}

export async function firesCommand(name: string, options: FireListOptions, context: CommandContext): Promise<number> {
  return withConnection(context, async ({ client }) => {
    const page = await client.schedules.fires(name, options);
    if (context.json) printJson(context, page);
    else if (page.items.length === 0) printLine(context, "none; `loramill schedule show` says when it fires next");
    else {
      printLine(context, fireTable(page.items));
      if (page.next !== null) printLine(context, `more with --cursor ${page.next}`);
    }
    return exitCodes.ok;
  });
}

export async function fireTimesCommand(
  { count, ...options }: TimingOptions & { readonly count?: number },
  context: CommandContext,
): Promise<number> {
  const timing = timingOf(options);
  if (timing === undefined) throw new UserError("say which: --cron, --every or --at", { code: "bad-option" });
  return withConnection(context, async ({ client }) => {
    const { times } = await client.schedules.times({ timing, ...(count === undefined ? {} : { count }) });
    if (context.json) printJson(context, times);
    else printLine(context, times.length === 0 ? "never" : times.join("\n"));
    return exitCodes.ok;
  });
}
