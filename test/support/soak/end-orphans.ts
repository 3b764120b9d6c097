import { execFileSync } from "node:child_process";
import { setTimeout as wait } from "node:timers/promises";

const LOOK_MS = 1_000;
/** For a database to write down what it has, and for workers to drain. */
const GRACE_MS = 8_000;

const watched = Number(process.argv[2]);

/** All that the watched process has started and what that has started in turn, as process ids. */
let descendants: number[] = [];

function look(of: readonly number[]): number[] {
  const lines = execFileSync("ps", ["-A", "-o", "pid=,ppid="], { encoding: "utf8" }).trim().split("\n");
  const parents = lines.map((line) => line.trim().split(/\s+/).map(Number) as [pid: number, parent: number]);
  const found = new Set(of);
  // A parent may be listed after its child.
  for (let before = -1; before !== found.size; ) {
    before = found.size;
    for (const [pid, parent] of parents) if (found.has(parent) && pid !== process.pid) found.add(pid);
  }
  const living = new Set(parents.map(([pid]) => pid));
  return [...found].filter((pid) => pid !== watched && living.has(pid));
}

function end(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch {
      // It has ended by itself.
    }
  }
}

const looking = setInterval(() => {
  descendants = look([watched]);
}, LOOK_MS);

let said = "";
for await (const text of process.stdin.setEncoding("utf8")) said += text;
clearInterval(looking);
if (said !== "stop") {
  // Whatever had begun since then is a child of these, or was begun in the last moment of its parent.
  descendants = look(descendants);
  end(descendants, "SIGTERM");
  await wait(GRACE_MS);
  end(look(descendants), "SIGKILL");
}
