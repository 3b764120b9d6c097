import type { SpecProblem, TimingPreviewInput } from "@loramill/contracts";
import { useQuery } from "@tanstack/react-query";
import { useClient } from "../../api/client.tsx";
import { fieldProblems } from "../../api/problem.ts";
import { useSettled } from "../../lib/use-settled.ts";
import { momentOf } from "./moments.ts";
import { type ScheduleForm, timingOf } from "./schedule-form.ts";

const ASKED = 5;

export interface NextTimes {
  /** Whether there is enough to ask by. */
  readonly isComplete: boolean;
  /** null until they are there. */
  readonly times: readonly string[] | null;
  /** What the API found wrong with the timing, by field. */
  readonly problems: readonly SpecProblem[];
  /** Any other failure. */
  readonly error: unknown;
}

/** The next times of a timing as the API computes them, asked when the typing pauses. */
export function useNextTimes(form: ScheduleForm): NextTimes {
  const client = useClient();
  const isComplete = hasTiming(form);
  const [startsAt, endsAt] = [momentOf(form.startsAt), momentOf(form.endsAt)];
  const start = startsAt === null ? 0 : Date.parse(startsAt);
  const asked: TimingPreviewInput = {
    timing: timingOf(form),
    count: ASKED,
    // The start itself is the first time that counts.
    ...(start > Date.now() ? { after: new Date(start - 1).toISOString() } : {}),
  };
  const text = JSON.stringify(asked);
  const settled = useSettled(text);
  const query = useQuery({
    queryKey: ["fire-times", settled],
    enabled: isComplete && settled === text,
    queryFn: ({ signal }) => client.schedules.times(JSON.parse(settled) as TimingPreviewInput, signal),
    staleTime: 30_000,
    retry: false,
  });
  const isCurrent = settled === text;
  const problems = isCurrent ? fieldProblems(query.error) : [];
  return {
    isComplete,
    problems,
    times: (isCurrent && query.data?.times.filter((at) => endsAt === null || at < endsAt)) || null,
    error: isCurrent && problems.length === 0 ? query.error : null,
  };
}

function hasTiming({ way, expression, timeZone, every, at }: ScheduleForm): boolean {
  if (way === "cron") return expression.trim() !== "" && timeZone !== "";
  return way === "every" ? every.amount !== "" : at !== "";
}
