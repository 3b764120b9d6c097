import type { Clock } from "@loramill/contracts";
import { orLeave } from "./or-leave.ts";
import type { Pod } from "./runpod-schemas.ts";

/**
 * One list for all who look at pods within `maxAgeMs`: asked for by itself, each pod would cost a request at each look, and an
 * account may send some sixty in a minute. A pod that is not in it may be younger than it. Whoever goes away while it is on its
 * way leaves it to the others.
 */
export function sharePods(
  list: () => Promise<readonly Pod[]>,
  clock: Clock,
  maxAgeMs: number,
): (signal?: AbortSignal) => Promise<ReadonlyMap<string, Pod>> {
  let last: { readonly at: number; readonly pods: Promise<ReadonlyMap<string, Pod>> } | null = null;

  function fresh(): Promise<ReadonlyMap<string, Pod>> {
    const at = clock.now().getTime();
    if (last !== null && at - last.at < maxAgeMs) return last.pods;
    const pods = list().then((all) => new Map(all.map((pod) => [pod.id, pod])));
    const asked = { at, pods };
    last = asked;
    pods.catch(() => {
      // Not kept: who comes next asks again.
      if (last === asked) last = null;
    });
    return pods;
  }

  return async (signal) => {
    signal?.throwIfAborted();
    return orLeave(fresh(), signal);
  };
}
