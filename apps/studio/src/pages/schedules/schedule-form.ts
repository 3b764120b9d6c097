import {
  canonicalJson,
  type OverlapPolicy,
  type RunSpecInput,
  ScheduleBody,
  ScheduleChange,
  type ScheduleView,
  type SpecProblem,
  specProblems,
  type Timing,
  type TimingPreviewInput,
} from "@loramill/contracts";
import { parse } from "yaml";
import { writeSpec } from "../runs/read-spec.ts";
import { leanSpec } from "./lean-spec.ts";
import { type Length, lengthOf, minutesOf, secondsOf } from "./lengths.ts";
import { localOf, momentOf } from "./moments.ts";

/** A schedule as it is typed. */
export interface ScheduleForm {
  readonly name: string;
  readonly project: string;
  readonly way: Timing["type"];
  readonly expression: string;
  readonly timeZone: string;
  readonly every: Length;
  readonly offset: Length;
  /** This and other moments are in the reader's time zone, as `datetime-local` has them. */
  readonly at: string;
  readonly startsAt: string;
  readonly endsAt: string;
  /** What each fire starts, in YAML. */
  readonly spec: string;
  readonly runName: string;
  /** Of one run; empty: what the spec says, which mostly is none. */
  readonly budgetUsd: string;
  readonly monthlyBudgetUsd: string;
  readonly overlap: OverlapPolicy;
  readonly catchUp: Length;
  readonly jitter: Length;
  readonly deadline: Length;
  /** Empty: it never pauses itself. */
  readonly pauseAfter: string;
}

export const emptyForm = (project: string, timeZone: string): ScheduleForm => ({
  ...{ name: "", project, way: "cron", expression: "0 2 * * *", timeZone },
  ...{ every: { amount: "6", unit: "h" }, offset: { amount: "", unit: "min" }, at: "", startsAt: "", endsAt: "" },
  ...{ spec: "", runName: "{name} {date}", budgetUsd: "", monthlyBudgetUsd: "", overlap: "skip" },
  ...{ catchUp: { amount: "1", unit: "h" }, jitter: { amount: "", unit: "min" } },
  ...{ deadline: { amount: "", unit: "h" }, pauseAfter: "5" },
});

/** A schedule that is there, to be changed. */
export function formOf(view: ScheduleView, timeZone: string): ScheduleForm {
  const { timing, monthlyBudgetUsd, pauseAfterFailures, jitterSeconds, deadlineMinutes } = view;
  const empty = emptyForm(view.project, timeZone);
  return {
    ...empty,
    ...timingFields(timing, empty),
    ...specFields(view.run),
    ...{ name: view.name, runName: view.runName, overlap: view.overlap },
    ...{ startsAt: localOf(view.startsAt), endsAt: localOf(view.endsAt) },
    monthlyBudgetUsd: monthlyBudgetUsd === null ? "" : `${monthlyBudgetUsd}`,
    pauseAfter: pauseAfterFailures === null ? "" : `${pauseAfterFailures}`,
    catchUp: lengthOf(view.catchUpMinutes * 60, "h"),
    jitter: lengthOf(jitterSeconds === 0 ? null : jitterSeconds, "min"),
    deadline: lengthOf(deadlineMinutes === null ? null : deadlineMinutes * 60, "h"),
  };
}

function timingFields(timing: Timing, { offset }: ScheduleForm): Partial<ScheduleForm> {
  switch (timing.type) {
    case "cron":
      return { way: "cron", expression: timing.expression, timeZone: timing.timeZone };
    case "every":
      return {
        way: "every",
        every: lengthOf(timing.minutes * 60, "h"),
        offset: timing.offsetMinutes === 0 ? offset : lengthOf(timing.offsetMinutes * 60, "min"),
      };
    case "once":
      return { way: "once", at: localOf(timing.at) };
  }
}

/** A spec as the form has it: its budget in its own field, its project that of the schedule, and no deadline, which would pass. */
function specFields(spec: RunSpecInput): Pick<ScheduleForm, "spec" | "budgetUsd"> {
  const { budgetUsd, deadline: _deadline, project: _project, ...rest } = leanSpec(spec);
  return { spec: writeSpec(rest), budgetUsd: budgetUsd === undefined ? "" : `${budgetUsd}` };
}

/** The spec of a run as one of a schedule, which puts the day behind the name of each run by itself. */
export const fieldsOfRun = (spec: RunSpecInput): Pick<ScheduleForm, "spec" | "budgetUsd"> =>
  specFields({ ...spec, name: nameOfRun(spec) });

/** Without the day that an earlier schedule has put there. */
export const nameOfRun = ({ name }: Pick<RunSpecInput, "name">): string => name.replace(/ \d{4}-\d\d-\d\d$/, "");

export function timingOf({ way, ...form }: ScheduleForm): TimingPreviewInput["timing"] {
  switch (way) {
    case "cron":
      return { type: "cron", expression: form.expression, timeZone: form.timeZone };
    case "every":
      return {
        type: "every",
        minutes: minutesOf(form.every) ?? Number.NaN,
        offsetMinutes: minutesOf(form.offset) ?? 0,
      };
    case "once":
      return { type: "once", at: momentOf(form.at) ?? "" };
  }
}

export type ReadForm =
  | { readonly body: ScheduleBody; readonly problems: readonly [] }
  | { readonly body: null; readonly problems: readonly SpecProblem[] };

/** What the form asks for, or everything that is wrong with it; fields of the spec begin with `run`. */
export function readForm(form: ScheduleForm): ReadForm {
  let run: unknown;
  const unreadable: SpecProblem[] = [];
  try {
    run = withBudget(parse(form.spec), form.budgetUsd);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    unreadable.push({ field: "run", message: `this is not YAML: ${message}` });
  }
  const parsed = ScheduleBody.safeParse({ ...fieldsOf(form), run }, { reportInput: true });
  if (parsed.success) return { body: parsed.data, problems: [] };
  const found = specProblems(parsed.error.issues, { schema: ScheduleBody });
  const others = unreadable.length > 0 ? found.filter(({ field }) => field !== "run") : found;
  return { body: null, problems: [...unreadable, ...others.map(inPlainWords)] };
}

/** A budget that has a field of its own counts before that of the text. */
function withBudget(spec: unknown, budgetUsd: string): unknown {
  const isMapping = typeof spec === "object" && spec !== null && !Array.isArray(spec);
  return isMapping && budgetUsd !== "" ? { ...spec, budgetUsd: Number(budgetUsd) } : spec;
}

function fieldsOf(form: ScheduleForm): Readonly<Record<string, unknown>> {
  const { name, project, runName, overlap, monthlyBudgetUsd, pauseAfter } = form;
  return {
    ...{ name, project, runName, overlap, timing: timingOf(form) },
    ...{ startsAt: momentOf(form.startsAt), endsAt: momentOf(form.endsAt) },
    monthlyBudgetUsd: monthlyBudgetUsd === "" ? null : Number(monthlyBudgetUsd),
    pauseAfterFailures: pauseAfter === "" ? null : Number(pauseAfter),
    catchUpMinutes: minutesOf(form.catchUp) ?? undefined,
    jitterSeconds: secondsOf(form.jitter) ?? undefined,
    deadlineMinutes: minutesOf(form.deadline),
  };
}

const MISSING: Readonly<Record<string, string>> = {
  run: "choose a run, or write what is started",
  name: "letters, digits, spaces, dots and dashes; it is how the schedule is called",
  "timing.minutes": "say how often",
  "timing.at": "say when",
};

/** What a schema says of a field that is empty is no help. */
function inPlainWords({ field, message }: SpecProblem): SpecProblem {
  const isEmpty = /^Invalid (input: .* received (undefined|null|NaN)|ISO datetime)|^letters, digits/.test(message);
  return { field, message: (isEmpty && MISSING[field]) || message };
}

/** What of a schedule the form would change; null for nothing. */
export function changeOf(before: ScheduleView, body: ScheduleBody): ScheduleChange | null {
  const fields = Object.keys(ScheduleChange.shape) as (keyof ScheduleChange)[];
  const changed = fields.filter((field) => canonicalJson(before[field]) !== canonicalJson(body[field]));
  return changed.length === 0 ? null : Object.fromEntries(changed.map((field) => [field, body[field]]));
}
