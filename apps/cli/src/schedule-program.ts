import type { Command } from "commander";
import { commandsOf } from "./command-group.ts";
import type { Does } from "./commands/context.ts";
import type { NewScheduleOptions, ScheduleChangeOptions } from "./commands/schedule.ts";
import type { BackfillOptions, FireListOptions } from "./commands/schedule-fires.ts";
import { withSpecOptions } from "./commands/spec-options.ts";
import { number } from "./option-values.ts";
import type { TimingOptions } from "./schedule-options.ts";

const scheduleCommands = () => import("./commands/schedule.ts");
const scheduleFiresCommands = () => import("./commands/schedule-fires.ts");

type OfProject = { readonly project?: string };

/** `loramill schedule …`: runs that start at times. */
export function addScheduleCommands(parent: Command, does: Does): void {
  const command = commandsOf(commandsOf(parent)("schedule", "runs that start at times", "loramill schedule list"));
  const ofProject = (made: Command) => made.option("--project <project>", "project it belongs to");
  const ofSchedule = (name: string, description: string, ...examples: string[]) =>
    ofProject(command(name, description, ...examples).argument("<name>", "name of the schedule"));

  withScheduleOptions(
    withTiming(
      withSpecOptions(
        command(
          "add",
          "make a schedule",
          'loramill schedule add nightly spec.yaml --cron "0 2 * * *" --time-zone Europe/Berlin',
          "loramill schedule add hourly ./inbox --every 1h --overlap queue --budget 2",
        ).argument("<schedule>", "name of the schedule"),
      ),
    ),
  ).action((name: string, spec: string, options: NewScheduleOptions) =>
    does(async (context) => (await scheduleCommands()).addScheduleCommand(name, spec, options, context)),
  );
  ofProject(command("list", "schedules, and when they fire next", "loramill schedule list")).action(
    (options: OfProject) => does(async (context) => (await scheduleCommands()).listSchedulesCommand(options, context)),
  );
  ofSchedule("show", "one schedule, with its last and its next fires", "loramill schedule show nightly").action(
    (name: string, options: OfProject) =>
      does(async (context) => (await scheduleCommands()).showScheduleCommand(name, options, context)),
  );
  withScheduleOptions(
    withTiming(
      ofSchedule(
        "change",
        "change a schedule; what is not named stays",
        "loramill schedule change nightly --overlap queue",
        "loramill schedule change nightly --spec spec.yaml",
      ).option("--spec <file>", "another run spec"),
    ),
  ).action((name: string, options: ScheduleChangeOptions) =>
    does(async (context) => (await scheduleCommands()).changeScheduleCommand(name, options, context)),
  );
  ofSchedule("pause", "make no fires until it is resumed", 'loramill schedule pause nightly --reason "new pictures"')
    .option("--reason <text>", "why")
    .action((name: string, options: OfProject & { reason?: string }) =>
      does(async (context) => (await scheduleFiresCommands()).pauseScheduleCommand(name, options, context)),
    );
  ofSchedule("resume", "go on with the next fire", "loramill schedule resume nightly").action(
    (name: string, options: OfProject) =>
      does(async (context) => (await scheduleFiresCommands()).resumeScheduleCommand(name, options, context)),
  );
  ofSchedule("trigger", "one fire now", "loramill schedule trigger nightly").action(
    (name: string, options: OfProject) =>
      does(async (context) => (await scheduleFiresCommands()).triggerScheduleCommand(name, options, context)),
  );
  ofSchedule(
    "backfill",
    "make the fires of a time that is over, one run after the other",
    "loramill schedule backfill nightly --from 2026-11-01 --to 2026-11-08 --preview",
    "loramill schedule backfill nightly --from 2026-11-01 --to 2026-11-08",
  )
    .requiredOption("--from <day>", "from this day (UTC) or moment on")
    .requiredOption("--to <day>", "before this day (UTC) or moment")
    .option("--preview", "only say which fires there would be")
    .action((name: string, options: BackfillOptions) =>
      does(async (context) => (await scheduleFiresCommands()).backfillScheduleCommand(name, options, context)),
    );
  ofSchedule("fires", "its fires, newest first", "loramill schedule fires nightly --state failed")
    .option("--state <state>", "waiting, due, started, skipped, missed, refused or failed")
    .option("--limit <count>", "how many, 1 to 200", number)
    .option("--cursor <cursor>", "from a page on, as --json names the next one")
    .action((name: string, options: FireListOptions) =>
      does(async (context) => (await scheduleFiresCommands()).firesCommand(name, options, context)),
    );
  withTiming(
    command(
      "times",
      "when a timing would fire",
      'loramill schedule times --cron "30 2 * * SUN" --time-zone Europe/Berlin --count 10',
    ),
  )
    .option("--count <count>", "how many times, 1 to 100", number)
    .action((options: TimingOptions & { count?: number }) =>
      does(async (context) => (await scheduleFiresCommands()).fireTimesCommand(options, context)),
    );
  ofSchedule("remove", "remove a schedule with its fires; its runs stay", "loramill schedule remove nightly").action(
    (name: string, options: OfProject) =>
      does(async (context) => (await scheduleCommands()).removeScheduleCommand(name, options, context)),
  );
}

function withTiming(command: Command): Command {
  return command
    .option("--cron <expression>", "minute, hour, day, month, weekday, or @daily and the like")
    .option("--time-zone <zone>", "IANA time zone of --cron, such as Europe/Berlin; default: UTC")
    .option("--every <duration>", "such as 30m, 6h or 1d, counted from midnight of 1970-01-01 UTC")
    .option("--offset <duration>", "that much after the multiples of --every")
    .option("--at <time>", "once, as 2026-12-01T02:00:00Z");
}

function withScheduleOptions(command: Command): Command {
  return command
    .option("--run-name <template>", "name of each run; may hold {name}, {schedule}, {date} and {time}")
    .option("--start <time>", "no fire before this day (UTC) or moment; none: from now on")
    .option("--end <time>", "no fire from this day (UTC) or moment on; none: for ever")
    .option("--jitter <duration>", "each fire begins up to this much later, by its own draw; up to 1d")
    .option("--overlap <policy>", "while a run is open: skip the new fire, queue it, or replace the run")
    .option("--catch-up <duration>", "how late a fire may still begin that nobody could make in time")
    .option("--run-deadline <duration>", "deadline of each run, from the time of its fire on; or none")
    .option("--monthly-budget <usd>", "what its runs of one month (UTC) may cost together; or none")
    .option("--pause-after <count>", "pause when so many fires in a row could not be planned; or never");
}
