import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname } from "node:path";
import { Worker } from "node:worker_threads";
import { type WorldQuestion, type Worlds, worldsBy } from "./worlds.ts";

export interface LongWorlds extends Worlds {
  /** Worlds that were taken from an earlier run. */
  readonly known: number;
  close(): Promise<void>;
}

/**
 * Worlds on all cores. Each is noted at `path`, one JSON object on each line, as soon as it is there, and taken from there the next
 * time: who names the file answers for its being of the same code. A last line that was cut short is computed again.
 */
export function openLongWorlds(path: string): LongWorlds {
  const known = readNotes(path);
  mkdirSync(dirname(path), { recursive: true });
  const threads = Array.from({ length: availableParallelism() }, openThread);
  const free = [...threads];
  const waiting: ((thread: Thread) => void)[] = [];
  const take = () => new Promise<Thread>((got) => (free.length > 0 ? got(free.pop() as Thread) : waiting.push(got)));
  const giveBack = (thread: Thread) => (waiting.length > 0 ? waiting.shift()?.(thread) : free.push(thread));

  const worlds = worldsBy(threads.length, async (question) => {
    const key = JSON.stringify(question);
    if (known.has(key)) return known.get(key);
    const thread = await take();
    const answer = await thread.ask(question);
    giveBack(thread);
    appendFileSync(path, `${JSON.stringify({ question: key, answer })}\n`);
    return answer;
  });
  return {
    ...worlds,
    known: known.size,
    close: async () => void (await Promise.all(threads.map(({ end }) => end()))),
  };
}

function readNotes(path: string): ReadonlyMap<string, unknown> {
  if (!existsSync(path)) return new Map();
  const text = readFileSync(path, "utf8");
  const whole = text.slice(0, text.lastIndexOf("\n") + 1);
  if (whole !== text) writeFileSync(path, whole);
  const notes = whole.split("\n").filter((line) => line !== "");
  return new Map(notes.map((line) => JSON.parse(line)).map(({ question, answer }) => [question, answer]));
}

interface Thread {
  ask(question: WorldQuestion): Promise<unknown>;
  end(): Promise<unknown>;
}

function openThread(): Thread {
  const worker = new Worker(new URL("./world-thread.ts", import.meta.url));
  return {
    ask: (question) =>
      new Promise((resolve, reject) => {
        worker.once("error", reject);
        worker.once("message", (answer) => {
          worker.off("error", reject);
          resolve(answer);
        });
        worker.postMessage(question);
      }),
    end: () => worker.terminate(),
  };
}
