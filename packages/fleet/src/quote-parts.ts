import { type JobId, QuotePartName } from "@loramill/contracts";
import type { FleetQuote } from "./fleet-quote.ts";
import type { JobCourse } from "./rehearse-lane.ts";

type Amounts = Record<QuotePartName, number>;

/** One rehearsal of a quote: not rounded yet where it is told by parts. */
interface QuoteCourse {
  readonly microUsd: number;
  readonly seconds: number;
  readonly partSeconds: Readonly<Amounts>;
  readonly partMicroUsd: Readonly<Amounts>;
}

const nothing = (): Amounts => ({ boot: 0, download: 0, work: 0, restarts: 0, idle: 0 });

/** What became of all jobs, or of one of them. */
export function courseOf(
  ran: readonly (JobCourse & { readonly pricePerHourMicroUsd: number })[],
  of: JobId | undefined,
): QuoteCourse {
  const [partSeconds, partMicroUsd] = [nothing(), nothing()];
  let seconds = 0;
  for (const { job, doneSeconds, parts, pricePerHourMicroUsd } of ran) {
    if (of !== undefined && job.job !== of) continue;
    seconds = Math.max(seconds, doneSeconds);
    for (const part of QuotePartName.options) {
      partSeconds[part] += parts[part];
      partMicroUsd[part] += (parts[part] * pricePerHourMicroUsd) / 3_600;
    }
  }
  return { microUsd: Math.round(sum(partMicroUsd)), seconds: Math.round(seconds), partSeconds, partMicroUsd };
}

/** The means of rehearsals. Amounts are differences of a rounded running sum, so that they add up. */
export function partsOf(courses: readonly QuoteCourse[]): Pick<FleetQuote, "expectedMicroUsd" | "parts"> {
  const mean = (value: (course: QuoteCourse) => number) =>
    courses.reduce((all, course) => all + value(course), 0) / Math.max(1, courses.length);
  let upto = 0;
  const parts = QuotePartName.options.map((part) => {
    const before = Math.round(upto);
    upto += mean(({ partMicroUsd }) => partMicroUsd[part]);
    return {
      part,
      seconds: Math.round(mean(({ partSeconds }) => partSeconds[part])),
      microUsd: Math.round(upto) - before,
    };
  });
  return { expectedMicroUsd: Math.round(upto), parts };
}

const sum = (amounts: Readonly<Amounts>): number => Object.values(amounts).reduce((all, each) => all + each, 0);
