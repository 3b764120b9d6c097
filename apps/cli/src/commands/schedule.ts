import { RunSpec, type ScheduleView, UserError } from "@loramill/contracts";
import { type Connection, connect, withConnection } from "../connect.ts";
import { exitCodes } from "../exit-codes.ts";
import { reachableSpec } from "../reachable-spec.ts";
import { readSpec, type SpecOptions } from "../read-spec.ts";
import { type ScheduleOptions, scheduleFields, timingOf } from "../schedule-options.ts";
import { scheduleTable, scheduleText } from "../schedule-view.ts";
import { type CommandContext, printJson, printLine } from "./context.ts";

export interface OfProject {
  readonly project?: string;
}

export type NewScheduleOptions = SpecOptions & ScheduleOptions;
export type ScheduleChangeOptions = OfProject & ScheduleOptions & { readonly spec?: string };

/**
 * A connection for orders that a mill of this machine is to carry out later: one that was started for it stays, until no
 * schedule will fire any more.
 */
export async function withLastingConnection<T>(
  context: CommandContext,
  work: (connection: Connection) => Promise<T>,
): Promise<T> {
  const connection = await connect(context);
  try {
    return await work(connection);
  } finally {
    connection.mill?.leave();
  }
}

export async function addScheduleCommand(
  name: string,
  argument: string,
  options: NewScheduleOptions,
  context: CommandContext,
): Promise<number> {
  const timing = timingOf(options);
  if (timing === undefined) throw new UserError("say when: --cron, --every or --at", { code: "bad-option" });
  const local = readSpec(argument, options);
  const fields = scheduleFields(options);
  return withLastingConnection(context, async (connection) => {
    const run = await reachableSpec(local, connection, context);
    const { project } = RunSpec.parse(run);
    return print(await connection.client.schedules.create({ ...fields, name, project, run, timing }), context);
  });
}

export async function changeScheduleCommand(
  name: string,
  { spec, ...options }: ScheduleChangeOptions,
  context: CommandContext,
): Promise<number> {
  const fields = scheduleFields(options);
  const { project } = options;
  const local = spec === undefined ? undefined : readSpec(spec, {});
  if (local === undefined && Object.keys(fields).length === 0) {
    throw new UserError("nothing to change: name an option, such as --overlap queue", { code: "bad-option" });
  }
  return withLastingConnection(context, async (connection) => {
    const run = local === undefined ? {} : { run: await reachableSpec(local, connection, context) };
    const change = { ...fields, ...run };
    return print(
      await connection.client.schedules.change(name, change, project === undefined ? {} : { project }),
      context,
    );
  });
}

export async function listSchedulesCommand(options: OfProject, context: CommandContext): Promise<number> {
  return withConnection(context, async ({ client }) => {
    const items: ScheduleView[] = [];
    let cursor: string | null = null;
    do {
      const page = await client.schedules.list({ ...options, limit: 200, ...(cursor === null ? {} : { cursor }) });
      items.push(...page.items);
      cursor = page.next;
    } while (cursor !== null);
    if (context.json) printJson(context, items);
    else if (items.length === 0) {
      printLine(context, 'none yet; make one with `loramill schedule add nightly spec.yaml --cron "0 2 * * *"`');
    } else printLine(context, scheduleTable(items));
    return exitCodes.ok;
  });
}

export async function showScheduleCommand(name: string, options: OfProject, context: CommandContext): Promise<number> {
  return withConnection(context, async ({ client }) => print(await client.schedules.get(name, options), context));
}

export async function removeScheduleCommand(
  name: string,
  options: OfProject,
  context: CommandContext,
): Promise<number> {
  return withConnection(context, async ({ client }) => {
    const view = await client.schedules.remove(name, options);
    if (context.json) printJson(context, view);
    else printLine(context, `removed ${view.name}; runs that it started stay`);
    return exitCodes.ok;
  });
}

export function print(view: ScheduleView, context: CommandContext): number {
  if (context.json) printJson(context, view);
  else printLine(context, scheduleText(view));
  return exitCodes.ok;
}
