import type { RunSpec, Timing } from "@loramill/contracts";

/** What a fire makes its run of. */
export interface RunTemplate {
  /** Name of the schedule. */
  readonly name: string;
  readonly project: string;
  readonly run: RunSpec;
  readonly runName: string;
  readonly timing: Timing;
  readonly deadlineMinutes: number | null;
}

/** Longest name of a run. */
const NAME_LENGTH = 100;

/** The spec of a fire's run: the template with the name, project and deadline of this fire. */
export function runOfFire(template: RunTemplate, fireAt: Date): RunSpec {
  const { run, project, deadlineMinutes } = template;
  const deadline = deadlineMinutes === null ? null : new Date(fireAt.getTime() + deadlineMinutes * 60_000);
  return {
    ...run,
    project,
    name: nameOf(template, fireAt),
    ...(deadline === null ? {} : { deadline: deadline.toISOString() }),
  };
}

function nameOf({ name, run, runName, timing }: RunTemplate, fireAt: Date): string {
  const timeZone = timing.type === "cron" ? timing.timeZone : "UTC";
  const parts = new Intl.DateTimeFormat("en-CA", {
    ...{ timeZone, year: "numeric", month: "2-digit", day: "2-digit" },
    ...{ hour: "2-digit", minute: "2-digit", hourCycle: "h23" },
  }).formatToParts(fireAt);
  const part = (type: Intl.DateTimeFormatPartTypes) => parts.find((each) => each.type === type)?.value ?? "";
  const words: Readonly<Record<string, string>> = {
    name: run.name,
    schedule: name,
    date: `${part("year")}-${part("month")}-${part("day")}`,
    time: `${part("hour")}${part("minute")}`,
  };
  const text = runName.replace(/\{(\w+)\}/g, (whole, word: string) => words[word] ?? whole);
  return text.trim().slice(0, NAME_LENGTH).trim();
}
