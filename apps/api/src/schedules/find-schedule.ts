import type { Catalog, Schedule, ScheduleRef } from "@loramill/catalog";
import { Name, ProjectQuery, type RunSpec, type ScheduleView, UserError } from "@loramill/contracts";
import { z } from "zod";
import { actorOf, type Caller, projectNameOf } from "../auth.ts";
import { scheduleView } from "./schedule-view.ts";

/** A schedule that a caller may see, with the name of its project. */
export interface FoundSchedule {
  readonly schedule: Schedule;
  readonly ref: ScheduleRef;
  readonly project: string;
}

/** What a request says of which schedule it means. */
export const ofSchedule = { params: z.object({ schedule: Name }), querystring: ProjectQuery };

type Asked = { readonly name: string; readonly project: string; readonly caller: Caller };

/** UserError `bad-spec` where a run spec names another project than its schedule is of. */
export function checkProject(run: Pick<RunSpec, "project"> | undefined, project: string): void {
  if (run === undefined || run.project === "default" || run.project === project) return;
  throw new UserError(`run.project: the runs of a schedule are of its project, which is "${project}"`, {
    code: "bad-spec",
    details: { field: "run.project" },
  });
}

export function scheduleFinder(catalog: Pick<Catalog, "fires" | "fleet" | "projects" | "schedules">) {
  return {
    /** The schedule, or what `work` makes of it. UserError `not-found`. */
    async find(
      { name, project: asked, caller }: Asked,
      work: (ref: ScheduleRef) => Promise<Schedule | null> = catalog.schedules.find,
    ): Promise<FoundSchedule> {
      const project = projectNameOf(caller, asked);
      const ref = { project: await catalog.projects.idOf(project), name };
      const schedule = await work(ref);
      if (schedule !== null) return { schedule, ref, project };
      throw new UserError(`there is no schedule "${name}"; \`loramill schedule list\` names them`, {
        code: "not-found",
      });
    },

    async view({ schedule, project }: Omit<FoundSchedule, "ref">): Promise<ScheduleView> {
      const lastFire = (await catalog.fires.newest([schedule.id])).get(schedule.id) ?? null;
      return scheduleView(schedule, { project, lastFire });
    },

    /** Says in the audit what a person did. */
    note(
      { schedule: { name }, project }: Omit<FoundSchedule, "ref">,
      action: string,
      caller: Caller,
      details: Readonly<Record<string, unknown>> = {},
    ): Promise<void> {
      const subject = `schedule ${project}/${name}`;
      return catalog.fleet.audit.add({ actor: actorOf(caller), action: `schedule.${action}`, subject, details });
    },
  };
}
