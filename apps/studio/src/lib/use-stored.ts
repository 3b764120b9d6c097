import { useSyncExternalStore } from "react";

const CHANGED = "studio:stored";

function read(storage: Storage, key: string): string | null {
  try {
    return storage.getItem(key);
  } catch {
    // Browsers may refuse storage: then nothing is kept.
    return null;
  }
}

/** Keeps a text under a key, or forgets it (null), and tells all who use it. */
export function store(storage: Storage, key: string, value: string | null): void {
  try {
    if (value === null) storage.removeItem(key);
    else storage.setItem(key, value);
  } catch {
    // As above.
  }
  dispatchEvent(new Event(CHANGED));
}

function subscribe(onChange: () => void): () => void {
  addEventListener(CHANGED, onChange);
  addEventListener("storage", onChange);
  return () => {
    removeEventListener(CHANGED, onChange);
    removeEventListener("storage", onChange);
  };
}

/** A text that outlives the page, in this tab (`sessionStorage`) or in this browser (`localStorage`). */
export function useStored(storage: Storage, key: string): string | null {
  return useSyncExternalStore(subscribe, () => read(storage, key));
}
