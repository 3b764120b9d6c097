import type { Clock } from "@loramill/contracts";

/** Says the same thing at most once in this time: a server that is away is reported several times a second. */
const QUIET_MS = 10_000;

export function seldom(say: (text: string) => void, clock: Clock): (text: string) => void {
  const saidAt = new Map<string, number>();
  return (text) => {
    const now = clock.now().getTime();
    const last = saidAt.get(text);
    if (last !== undefined && now - last < QUIET_MS) return;
    if (saidAt.size > 100) saidAt.clear(); // Texts with ids in them must not pile up.
    saidAt.set(text, now);
    say(text);
  };
}
