import { seededRandom } from "../pictures/random.ts";
import type { RunPodMove } from "./fake-runpod-moves.ts";

/** How often requests come to grief. */
export interface RunPodTroubles {
  readonly seed: number;
  /** Of all requests, 0 to 1. */
  readonly share: number;
}

const EVERYWHERE: readonly RunPodMove[] = [
  { kind: "lost" },
  { kind: "drop" },
  { kind: "proxy", status: 524 },
  { kind: "slow", milliseconds: 700 },
  { kind: "status", status: 500, detail: "internal error" },
  { kind: "status", status: 429, detail: "rate limit exceeded", headers: { "retry-after": "1" } },
  { kind: "status", status: 429, detail: "rate limit exceeded", headers: { ratelimit: '"default";r=0;t=1' } },
];
const ON: Readonly<Record<string, readonly RunPodMove[]>> = {
  "POST /v2/pods": [{ kind: "no-capacity" }, { kind: "no-capacity", status: 500 }],
  "POST /graphql": [{ kind: "graphql-error", message: "Something went wrong. Please try again later." }],
};

/**
 * Draws what befalls each request: lost answers, 429 with either header, 524 of the proxy, and no capacity where machines are rented.
 * Every route has a series of its own, so that what is asked in between changes nothing.
 */
export function drawRunPodTroubles({ seed, share }: RunPodTroubles): (route: string) => RunPodMove | undefined {
  const series = new Map<string, () => number>();
  return (route) => {
    const random = series.get(route) ?? seededRandom(seed * 1_000 + hashOf(route));
    series.set(route, random);
    const [hit, which] = [random(), random()];
    const moves = [...EVERYWHERE, ...(ON[route] ?? [])];
    return hit < share ? moves[Math.floor(which * moves.length)] : undefined;
  };
}

const hashOf = (text: string): number =>
  [...text].reduce((sum, letter) => (sum * 31 + (letter.codePointAt(0) ?? 0)) % 997, 7);
