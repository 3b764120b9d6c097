import { useEffect, useRef } from "react";

/** What keys do while something is shown; not while one writes, nor with Control, Alt or Command. */
export function useKeys(keys: Readonly<Record<string, (() => void) | undefined>>): void {
  const known = useRef(keys);
  known.current = keys;
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.altKey || event.metaKey || isWriting(event.target)) return;
      const act = known.current[event.key];
      if (act === undefined) return;
      event.preventDefault();
      act();
    };
    document.addEventListener("keydown", listen);
    return () => document.removeEventListener("keydown", listen);
  }, []);
}

const isWriting = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.matches("input, textarea, select");
