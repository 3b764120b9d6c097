import { UnreachableError } from "@loramill/sdk";
import { useSyncExternalStore } from "react";

let isLost = false;
const listeners = new Set<() => void>();

function set(lost: boolean): void {
  if (isLost === lost) return;
  isLost = lost;
  for (const tell of listeners) tell();
}

/** Whether the API answers, by the last thing that was asked of it. */
export const connection = {
  answered: () => set(false),
  failed: (error: unknown) => set(error instanceof UnreachableError),
};

export function useConnectionLost(): boolean {
  return useSyncExternalStore(
    (tell) => {
      listeners.add(tell);
      return () => listeners.delete(tell);
    },
    () => isLost,
  );
}
