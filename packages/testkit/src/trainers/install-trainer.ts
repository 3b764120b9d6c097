import { chmod, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** What a scripted trainer does besides training well. Steps are absolute. */
export interface TrainerBehaviour {
  /** Milliseconds of one step. */
  readonly stepMs?: number;
  /** Ends with a traceback and status 1 after this step. */
  readonly crashAtStep?: number;
  /** Prints nothing more after this step, and lives. */
  readonly hangAtStep?: number;
  /** Waits after so many steps of its own until it is told to behave otherwise: what happens meanwhile meets it at work. */
  readonly waitsAfterSteps?: number;
  /** Ends as PyTorch does when the GPU is full, when the batch is larger than `fitsBatch`. */
  readonly outOfMemoryAtStep?: number;
  readonly fitsBatch?: number;
  /** From this step on no loss is a number, unless the learning rate is at most `stableRate`. */
  readonly nanAtStep?: number;
  readonly stableRate?: number;
  /** Lives on after SIGTERM. */
  readonly ignoresTerm?: boolean;
}

/** Something that a process of the trainer has done, on this machine's clock. */
export interface TrainerDeed {
  /** Unique among the processes. */
  readonly process: string;
  /** `start` at the step from which it went on; `save` when the save of that step lay on the disk as a whole. */
  readonly kind: "start" | "step" | "save";
  readonly step: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Folder of its pictures, which is in the workspace of the agent that started it. */
  readonly images: string;
}

export interface ScriptedTrainer {
  /** As an agent is told where a trainer is. */
  readonly installed: { readonly folder: string; readonly python: string };
  behave(behaviour: TrainerBehaviour): Promise<void>;
  /** The absolute steps at which it was started so far, oldest first. */
  starts(): Promise<number[]>;
  /** Every step that was computed, those done twice as well. */
  steps(): Promise<number[]>;
  /** All of it, in the order in which it was done. */
  deeds(): Promise<TrainerDeed[]>;
}

/**
 * A trainer that an agent can run in place of a real one: it reads the same configuration, prints the same lines, and saves
 * and resumes in the same files as ai-toolkit, sd-scripts and SimpleTuner, whichever its arguments call for.
 */
export async function installScriptedTrainer(
  folder: string,
  behaviour: TrainerBehaviour = {},
): Promise<ScriptedTrainer> {
  await mkdir(folder, { recursive: true });
  const python = join(folder, "python");
  const script = fileURLToPath(new URL("./scripted-trainer.ts", import.meta.url));
  await writeFile(python, `#!/bin/sh\nexec ${quote(process.execPath)} ${quote(script)} "$@"\n`);
  await chmod(python, 0o755);
  const behave = async (given: TrainerBehaviour) => {
    const path = join(folder, "behaviour.json");
    await writeFile(`${path}.new`, JSON.stringify(given));
    await rename(`${path}.new`, path);
  };
  await behave(behaviour);
  async function deeds(): Promise<TrainerDeed[]> {
    const text = await readFile(join(folder, "deeds.txt"), "utf8").catch((error: unknown) => {
      if (error instanceof Error && "code" in error && error.code === "ENOENT") return "";
      throw error;
    });
    return text
      .split("\n")
      .filter(Boolean)
      .map((line) => {
        const [process = "", kind = "", step, at, ...images] = line.split(" ");
        return {
          process,
          kind: kind as TrainerDeed["kind"],
          step: Number(step),
          at: Number(at),
          images: images.join(" "),
        };
      });
  }
  const stepsOf = async (kind: TrainerDeed["kind"]) =>
    (await deeds()).filter((deed) => deed.kind === kind).map(({ step }) => step);
  return {
    installed: { folder, python },
    behave,
    starts: () => stepsOf("start"),
    steps: () => stepsOf("step"),
    deeds,
  };
}

const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
