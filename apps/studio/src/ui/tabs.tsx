import { type KeyboardEvent, type ReactNode, useId } from "react";
import { useChosenInView } from "../lib/use-chosen-in-view.ts";
import { useSearchState } from "../lib/use-search-state.ts";

export interface Tab {
  readonly id: string;
  readonly label: string;
  readonly count?: number | undefined;
  readonly content: () => ReactNode;
}

/** Tabs whose choice is part of the address (`?tab=`). Arrow keys, Home and End move between them. */
export function Tabs({
  label,
  tabs,
  param = "tab",
}: {
  readonly label: string;
  readonly tabs: readonly Tab[];
  readonly param?: string;
}) {
  const id = useId();
  const [chosen, choose] = useSearchState(param, tabs[0]?.id);
  const index = Math.max(
    0,
    tabs.findIndex((tab) => tab.id === chosen),
  );
  const current = tabs[index];
  const list = useChosenInView([current?.id, ...tabs.map(({ count }) => count)].join(" "));
  const move = (event: KeyboardEvent) => {
    const steps: Record<string, number> = {
      ArrowLeft: index - 1,
      ArrowRight: index + 1,
      Home: 0,
      End: tabs.length - 1,
    };
    const target = steps[event.key];
    if (target === undefined) return;
    event.preventDefault();
    const tab = tabs[(target + tabs.length) % tabs.length];
    if (!tab) return;
    choose(tab.id);
    document.getElementById(`${id}-${tab.id}`)?.focus();
  };
  return (
    <div className="stack">
      <div ref={list} className="tabs" role="tablist" aria-label={label} onKeyDown={move}>
        {tabs.map((tab) => (
          <button
            key={tab.id}
            id={`${id}-${tab.id}`}
            type="button"
            role="tab"
            aria-selected={tab === current}
            aria-controls={`${id}-panel`}
            tabIndex={tab === current ? 0 : -1}
            onClick={() => choose(tab.id)}
          >
            {tab.label}
            {tab.count !== undefined && tab.count > 0 && <span className="count">{tab.count}</span>}
          </button>
        ))}
      </div>
      <div role="tabpanel" id={`${id}-panel`} aria-labelledby={`${id}-${current?.id}`}>
        {current?.content()}
      </div>
    </div>
  );
}
