import { useEffect, useRef, useSyncExternalStore } from "react";
import { tellProblem } from "../api/problem.ts";
import type { Tone } from "./badge.tsx";
import { Button } from "./button.tsx";
import { Icon } from "./icon.tsx";

interface Toast {
  readonly id: number;
  readonly tone: Tone;
  readonly title: string;
  readonly detail: string;
}

const SHOWN_MS = 6_000;
const MOST_SHOWN = 4;

let toasts: readonly Toast[] = [];
let lastId = 0;
const listeners = new Set<() => void>();

function set(next: readonly Toast[]): void {
  toasts = next;
  for (const tell of listeners) tell();
}

function add(tone: Tone, title: string, detail: string): void {
  lastId += 1;
  set([...toasts.slice(1 - MOST_SHOWN), { id: lastId, tone, title, detail }]);
}

/** Short messages about what was just done. Errors stay until they are closed. */
export const toast = {
  done: (title: string, detail = "") => add("green", title, detail),
  problem: (error: unknown) => {
    const { title, detail, advice } = tellProblem(error);
    add("red", title, [detail, advice].filter(Boolean).join(" "));
  },
};

export function Toasts() {
  const shown = useSyncExternalStore(
    (tell) => {
      listeners.add(tell);
      return () => listeners.delete(tell);
    },
    () => toasts,
  );
  const ref = useRef<HTMLDivElement>(null);
  useEffect(() => {
    // Above everything, dialogs that were opened since the last message too.
    ref.current?.hidePopover();
    if (shown.length > 0) ref.current?.showPopover();
  }, [shown]);
  return (
    <div ref={ref} className="toasts" popover="manual" role="status" aria-live="polite">
      {shown.map((one) => (
        <ToastCard key={one.id} toast={one} />
      ))}
    </div>
  );
}

function ToastCard({ toast: { id, tone, title, detail } }: { readonly toast: Toast }) {
  const close = () => set(toasts.filter((other) => other.id !== id));
  useEffect(() => {
    if (tone === "red") return;
    const timer = setTimeout(() => set(toasts.filter((other) => other.id !== id)), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [id, tone]);
  return (
    <div className={`toast tone-${tone}`} role={tone === "red" ? "alert" : undefined}>
      <Icon name={tone === "red" ? "warning" : "check"} />
      <div>
        <strong>{title}</strong>
        {detail && <div className="muted">{detail}</div>}
      </div>
      <Button kind="plain" small icon="close" aria-label="Dismiss" onClick={close} />
    </div>
  );
}
