import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { AgentStart } from "@loramill/contracts";
import type { AgentState } from "./agent-state.ts";
import { readText } from "./files.ts";
import { jobPlace } from "./job-place.ts";
import { isFinalState, readRecord, writeRecord } from "./job-record.ts";
import { launchJob } from "./launch-job.ts";
import { caughtUp } from "./meter.ts";
import { exitStatus, isAlive } from "./trainer-process.ts";

/** After a restart of the agent its controller has this long to speak again. */
const RECOVERY_LEASE_MS = 300_000;

/** Goes on with the jobs that earlier lives of the agent left in its workspace: with all of them, or with none when it throws. */
export async function takeOverJobs(state: AgentState): Promise<void> {
  const left: ((() => void) | null)[] = [];
  for (const id of await readdir(join(state.settings.workspace, "jobs"))) left.push(await findLeft(state, id));
  // None is begun where another cannot be read: an agent that does not open must not go on with the rest.
  for (const takeOver of left) takeOver?.();
}

/** Reads what is left of a job; answers what takes it over, null for one that nobody can. */
async function findLeft(state: AgentState, id: string): Promise<(() => void) | null> {
  const { settings } = state;
  const place = jobPlace(settings.workspace, id);
  const record = await readRecord(place.state);
  const text = await readText(place.start);
  if (record === null || text === null) {
    await rm(place.folder, { recursive: true, force: true });
    return null;
  }
  const start = AgentStart.parse(JSON.parse(text));
  if (!isFinalState(record.state)) {
    const { child } = record;
    if (child !== null && (await isAlive(child))) record.meter = caughtUp(record.meter, Date.now());
    else if (child !== null && (await exitStatus(place)) !== null) {
      record.meter = caughtUp(record.meter, (await stat(place.exit)).mtimeMs);
    } else {
      // What was being staged, or was killed with the machine: the controller starts it again from its checkpoint.
      record.state = "preempted";
      await writeRecord(place.state, record);
    }
  }
  if (settings.trainers[record.trainer] === undefined) return null;
  return () => void launchJob(state, { record, start, leaseMs: RECOVERY_LEASE_MS, place });
}
