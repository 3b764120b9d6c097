import type { FireView, ScheduleView } from "@loramill/contracts";
import { formatTable, shortTime } from "./format.ts";

/** `0 2 * * * (Europe/Berlin)`, `every 6 h`. */
export function sayTiming(timing: ScheduleView["timing"]): string {
  switch (timing.type) {
    case "cron":
      return `${timing.expression} (${timing.timeZone})`;
    case "every": {
      const offset = timing.offsetMinutes > 0 ? ` + ${sayMinutes(timing.offsetMinutes)}` : "";
      return `every ${sayMinutes(timing.minutes)}${offset}`;
    }
    case "once":
      return `once, ${shortTime(timing.at)}`;
  }
}

export function scheduleTable(items: readonly ScheduleView[]): string {
  const rows = items.map((schedule) => [
    schedule.name,
    sayTiming(schedule.timing),
    schedule.paused === null ? shortTime(schedule.nextFires[0] ?? null) || "none" : "paused",
    schedule.lastFire === null ? "" : `${shortTime(schedule.lastFire.fireAt)} ${becameOf(schedule.lastFire)}`,
    schedule.overlap,
  ]);
  return formatTable(["schedule", "fires", "next (UTC)", "last (UTC)", "overlap"], rows);
}

/** All of a schedule but its run spec, which `--json` has. */
export function scheduleText(schedule: ScheduleView): string {
  const { paused, nextFires, lastFire, startsAt, endsAt, jitterSeconds, deadlineMinutes, failures } = schedule;
  const { monthlyBudgetUsd: monthly } = schedule;
  const budget = schedule.run.budgetUsd;
  const lines: (readonly [string, string | null])[] = [
    ["fires", sayTiming(schedule.timing)],
    ["from", startsAt && shortTime(startsAt)],
    ["until", endsAt && shortTime(endsAt)],
    ["paused", paused && `${paused.reason} (by ${paused.by}, ${shortTime(paused.at)})`],
    ["next (UTC)", nextFires.length === 0 ? "none" : nextFires.map(shortTime).join(", ")],
    ["last", lastFire && `${shortTime(lastFire.fireAt)} ${becameOf(lastFire)}`],
    ["runs", schedule.runName],
    ["overlap", schedule.overlap],
    ["catch-up", sayMinutes(schedule.catchUpMinutes)],
    ["jitter", jitterSeconds === 0 ? null : `up to ${jitterSeconds} s`],
    ["budget", budget === undefined ? null : `$${budget} a run`],
    ["a month", monthly === null ? null : `$${monthly} at most`],
    ["deadline", deadlineMinutes === null ? null : `${sayMinutes(deadlineMinutes)} after the fire`],
    ["failures", failures === 0 ? null : `${failures} in a row`],
  ];
  const shown = lines.filter((line): line is readonly [string, string] => line[1] !== null);
  return [
    `${schedule.name} (project ${schedule.project})`,
    ...shown.map(([what, text]) => `  ${what.padEnd(12)}${text}`),
  ].join("\n");
}

export function fireTable(items: readonly FireView[]): string {
  const rows = items.map((fire) => [
    shortTime(fire.fireAt),
    fire.origin,
    fire.state,
    fire.run === null ? "" : `${fire.run.id} ${fire.run.state}`,
    fire.reason ?? "",
  ]);
  return formatTable(["fire (UTC)", "by", "state", "run", "why"], rows);
}

const becameOf = ({ state, run }: FireView): string => (run === null ? state : run.state);

function sayMinutes(minutes: number): string {
  if (minutes % 1_440 === 0) return `${minutes / 1_440} d`;
  return minutes % 60 === 0 ? `${minutes / 60} h` : `${minutes} min`;
}
