import { createHash, randomBytes } from "node:crypto";
import { mkdir, rm } from "node:fs/promises";
import { type AgentJob, type AgentStart, TransientError } from "@loramill/contracts";
import { type AgentState, activeJobs, jobOfMarker, refuseStale } from "./agent-state.ts";
import { writeWhole } from "./files.ts";
import { jobPlace } from "./job-place.ts";
import { isFinalState, type JobRecord, writeRecord } from "./job-record.ts";
import { launchJob, trainerHere } from "./launch-job.ts";

/**
 * Starts a training, or answers with the one of that marker which is the same; another one of that marker is ended for it. One at a
 * time: between the look and the entry nothing may come.
 *
 * @throws TransientError `capacity` where there is no room for it, UserError `stale-epoch` or `trainer-missing`.
 */
export async function startJob(state: AgentState, request: AgentStart): Promise<AgentJob> {
  if (state.isClosing) throw new TransientError("this agent is shutting down", { code: "capacity" });
  const found = jobOfMarker(state, request.marker);
  if (found !== undefined) {
    refuseStale(found.record, request.epoch);
    const { state: reached } = found.record;
    if (found.record.request === request.request && (reached === "succeeded" || !isFinalState(reached))) {
      await found.renew(request.epoch, request.leaseSeconds, request.grants);
      return found.view(null);
    }
    await found.stop("cancelled");
    await found.abandon();
    state.jobs.delete(found.record.id);
    await rm(jobPlace(state.settings.workspace, found.record.id).folder, { recursive: true, force: true });
  }
  refuseWithoutRoom(state, request.marker);
  const { settings } = state;
  const { marker, trainer, epoch } = request;
  trainerHere(settings, trainer);
  state.giveBack.end();

  const id = `${createHash("sha256").update(marker).digest("hex").slice(0, 16)}-${randomBytes(4).toString("hex")}`;
  const place = jobPlace(settings.workspace, id);
  const record: JobRecord = {
    ...{ id, marker, request: request.request, trainer, epoch, state: "staging", error: null, child: null },
    meter: { seconds: 0, atMs: Date.now() },
    ...{ models: {}, uploads: [] },
  };
  await mkdir(place.folder, { recursive: true });
  // Without its URLs, which are worth nothing later and secret now.
  const start: AgentStart = { ...request, grants: { expiresSeconds: 1, reads: {}, writes: [] } };
  await writeWhole(place.start, JSON.stringify(start));
  await writeRecord(place.state, record);
  const job = launchJob(state, { record, start, leaseMs: request.leaseSeconds * 1_000, place });
  await job.renew(epoch, request.leaseSeconds, request.grants);
  return job.view(null);
}

function refuseWithoutRoom(state: AgentState, marker: string): void {
  const { taken, settings } = state;
  if (!taken.has(marker) && taken.size >= (settings.maxTrainings ?? Number.POSITIVE_INFINITY)) {
    throw new TransientError("this machine has taken all its trainings and ends", { code: "capacity" });
  }
  if (activeJobs(state).length >= settings.maxJobs) {
    throw new TransientError(`this machine already runs ${settings.maxJobs}`, { code: "capacity" });
  }
}
