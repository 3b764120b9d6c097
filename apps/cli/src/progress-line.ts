import { formatBar } from "./format.ts";

/** One line of a terminal that is written over again and again; silent where the output is no terminal. */
export interface ProgressLine {
  show(what: string, done: number, total: number): void;
  /** Takes the line away; safe to call twice. */
  end(): void;
}

const FRAME_MS = 100;
const CLEAR = "\r\x1b[K";

export function createProgressLine(output: NodeJS.WriteStream, now: () => number = Date.now): ProgressLine {
  let drawnAt = Number.NEGATIVE_INFINITY;
  let isDrawn = false;
  return {
    show(what, done, total) {
      if (!output.isTTY || total <= 0 || now() - drawnAt < FRAME_MS) return;
      drawnAt = now();
      isDrawn = true;
      output.write(`${CLEAR}${formatBar(done / total, 24)} ${Math.floor((100 * done) / total)} % ${what}`);
    },
    end() {
      if (isDrawn) output.write(CLEAR);
      isDrawn = false;
    },
  };
}
