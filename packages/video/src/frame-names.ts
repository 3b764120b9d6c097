/** What ffmpeg says of a frame that it is about to hand over. */
export interface NamedFrame {
  /** Of the segment, from 0. */
  readonly number: number;
  /** From the start of the segment. */
  readonly seconds: number;
  readonly width: number;
  readonly height: number;
  /** How much changed from the frame before, 0..1; 0 where scenes are not asked for. */
  readonly score: number;
}

const SHOWN = /\[Parsed_showinfo_(\d+) @ [^\]]*\].* n: *(\d+) pts: *(-?\d+|NOPTS) pts_time: *(\S+) .* s:(\d+)x(\d+) /;
const SCORE = /lavfi\.scene_score=([\d.]+)/;
const TROUBLE = /\[(?:error|fatal|panic)\]/;
const MAX_TROUBLE = 5;

/** Reads what ffmpeg's `showinfo` filters log, line by line: the first names all frames, the `last` those that are kept. */
export function createFrameNames(last: number): {
  /** A frame that is kept, or null for any other line. */
  readLine(line: string): NamedFrame | null;
  /** The last errors that were logged. */
  readonly trouble: readonly string[];
} {
  /** Numbers of frames that were seen and neither kept nor passed by. */
  let seen: { readonly number: number; readonly pts: string }[] = [];
  const trouble: string[] = [];
  let score = 0;
  return {
    trouble,
    readLine(line) {
      const shown = SHOWN.exec(line);
      if (shown === null) {
        score = Number(SCORE.exec(line)?.[1] ?? score);
        if (TROUBLE.test(line)) {
          trouble.push(
            line
              .replace(/\[[^\]]*\]\s*/g, "")
              .trim()
              .slice(0, 200),
          );
          if (trouble.length > MAX_TROUBLE) trouble.shift();
        }
        return null;
      }
      const [, filter, n, pts = "", time, width, height] = shown;
      if (Number(filter) !== last) {
        seen.push({ number: Number(n), pts });
        return null;
      }
      const at = seen.findIndex((frame) => frame.pts === pts);
      const number = seen[at]?.number ?? Number(n);
      seen = seen.slice(at + 1);
      return { number, seconds: Number(time) || 0, width: Number(width), height: Number(height), score };
    },
  };
}
