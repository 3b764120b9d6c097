import {
  BackfillAnswer,
  type BackfillInput,
  FirePage,
  FireTimes,
  FireView,
  type ScheduleBodyInput,
  type ScheduleChangeInput,
  SchedulePage,
  ScheduleView,
  type TimingPreviewInput,
} from "@loramill/contracts";
import type { Caller, PageOptions } from "./caller.ts";

interface OfProject {
  readonly project?: string;
  readonly signal?: AbortSignal;
}

/** `/v1/schedules`: runs that start at times, by name. */
export function scheduleCalls({ call }: Pick<Caller, "call">) {
  const at = (name: string, order = "") => `/v1/schedules/${encodeURIComponent(name)}${order}`;
  return {
    create: (body: ScheduleBodyInput, signal?: AbortSignal) =>
      call({ method: "POST", path: "/v1/schedules", body, answer: ScheduleView, signal }),
    list: ({ signal, ...query }: OfProject & PageOptions = {}) =>
      call({ path: "/v1/schedules", query, answer: SchedulePage, signal }),
    get: (name: string, { signal, ...query }: OfProject = {}) =>
      call({ path: at(name), query, answer: ScheduleView, signal }),
    /** What is left out stays. */
    change: (name: string, body: ScheduleChangeInput, { signal, ...query }: OfProject = {}) =>
      call({ method: "PATCH", path: at(name), query, body, answer: ScheduleView, signal }),
    /** With its fires; runs that they started stay. */
    remove: (name: string, { signal, ...query }: OfProject = {}) =>
      call({ method: "DELETE", path: at(name), query, answer: ScheduleView, signal }),
    pause: (name: string, { signal, reason, ...query }: OfProject & { readonly reason?: string | undefined } = {}) =>
      call({ method: "POST", path: at(name, "/pause"), query, body: { reason }, answer: ScheduleView, signal }),
    /** Goes on with the next fire. */
    resume: (name: string, { signal, ...query }: OfProject = {}) =>
      call({ method: "POST", path: at(name, "/resume"), query, answer: ScheduleView, signal }),
    /** One fire now; its overlap policy holds. */
    trigger: (name: string, { signal, ...query }: OfProject = {}) =>
      call({ method: "POST", path: at(name, "/trigger"), query, answer: FireView, signal }),
    /** Makes the fires of a time that is over; `preview` only says which. */
    backfill: (name: string, body: BackfillInput, { signal, ...query }: OfProject = {}) =>
      call({ method: "POST", path: at(name, "/backfill"), query, body, answer: BackfillAnswer, signal }),
    /** Newest first. */
    fires: (name: string, { signal, ...query }: OfProject & PageOptions & { readonly state?: string } = {}) =>
      call({ path: at(name, "/fires"), query, answer: FirePage, signal }),
    /** When a timing would fire. */
    times: (body: TimingPreviewInput, signal?: AbortSignal) =>
      call({ method: "POST", path: "/v1/fire-times", body, answer: FireTimes, signal }),
  };
}
