import { join } from "node:path";

/** Where everything of one job lies. Made anew for every attempt. */
export interface JobPlace {
  readonly folder: string;
  readonly state: string;
  readonly start: string;
  readonly log: string;
  readonly exit: string;
  readonly images: string;
  readonly regularisation: string;
  readonly work: string;
  readonly output: string;
  readonly resume: string;
  /** Copies of checkpoints that are being uploaded, which the trainer no longer touches. */
  readonly snapshots: string;
  /** Downloads that are joined to files. */
  readonly parts: string;
}

export function jobPlace(workspace: string, id: string): JobPlace {
  const folder = join(workspace, "jobs", id);
  return {
    folder,
    state: join(folder, "state.json"),
    start: join(folder, "start.json"),
    log: join(folder, "trainer.log"),
    exit: join(folder, "exit"),
    images: join(folder, "images"),
    regularisation: join(folder, "regularisation"),
    work: join(folder, "work"),
    output: join(folder, "output"),
    resume: join(folder, "resume"),
    snapshots: join(folder, "snapshots"),
    parts: join(folder, "parts"),
  };
}
