import type { JobId } from "../ids.ts";

/**
 * Shares out the slots of backends between the jobs of all workers. A slot belongs to a job, and comes back when the job
 * has ended, however it ended: a lost worker neither keeps one nor frees one whose remote work still goes on.
 */
export interface BackendSlots {
  /** Whether the job holds one of the backend's `slots` now. Asking again is safe, and holds what is held. */
  take(request: { readonly backend: string; readonly job: JobId; readonly slots: number }): Promise<boolean>;
}
