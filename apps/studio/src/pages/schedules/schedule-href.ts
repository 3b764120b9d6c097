import type { ScheduleView } from "@loramill/contracts";

/** The page of a schedule. */
export const scheduleHref = ({ project, name }: Pick<ScheduleView, "project" | "name">): string =>
  `/schedules/${encodeURIComponent(project)}/${encodeURIComponent(name)}`;
