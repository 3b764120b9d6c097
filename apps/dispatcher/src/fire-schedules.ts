import { UserError } from "@loramill/contracts";
import type { DispatcherDeps } from "./deps.ts";

/** Schedules that one look takes up; the rest comes with the next. */
const SCHEDULES_AT_ONCE = 200;

/**
 * One look at schedules: times that have come become fires, and of the fires that wait one gets its turn, for a process that
 * plans to take. Each schedule is a transaction of its own, so that any number of dispatchers may look at once. Answers
 * whether there may be more to do at once.
 */
export async function fireSchedules({
  catalog,
  log,
  onFire = () => {},
}: Pick<DispatcherDeps, "catalog" | "log" | "onFire">): Promise<boolean> {
  const due = await catalog.fires.comeDue(SCHEDULES_AT_ONCE);
  for (const schedule of due) {
    try {
      for (const missed of await catalog.fires.writeFires(schedule)) onFire(missed);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      // Its time zone was there when it was written, and is not known to this machine.
      log.warn({ schedule, error: error.message }, "a schedule cannot go on and was paused");
      await catalog.schedules.stop(schedule, error.message);
    }
  }
  for (const schedule of await catalog.fires.waiting(SCHEDULES_AT_ONCE)) {
    const { skipped, cancel } = await catalog.fires.takeTurns(schedule);
    for (const outcome of skipped) onFire(outcome);
    if (cancel !== null) await catalog.runs.requestCancel({ run: cancel });
  }
  return due.length > 0;
}
