/**
 * The state machines of runs, steps, jobs, pods and fires, as tables. `docs/states.md` draws them and a test holds the two equal.
 * Every write of a state in the catalog goes through `nextState`.
 */
export const machines = {
  run: {
    planned: { start: "running", cancel: "cancelled" },
    running: { succeed: "succeeded", fail: "failed", cancel: "cancelled", exhaust: "exhausted" },
    succeeded: {},
    failed: { resume: "running" },
    cancelled: { resume: "running" },
    exhausted: { resume: "running" },
  },
  step: {
    blocked: { unblock: "ready", cancel: "cancelled" },
    ready: { start: "running", reuse: "reused", cancel: "cancelled", fail: "failed" },
    running: { succeed: "succeeded", fail: "failed", cancel: "cancelled" },
    succeeded: {},
    reused: {},
    failed: { resume: "blocked" },
    cancelled: { resume: "blocked" },
  },
  job: {
    waiting: { release: "released", cancel: "cancelled" },
    released: { claim: "active", cancel: "cancelled", recall: "waiting", quarantine: "quarantined" },
    active: {
      claim: "active",
      park: "parked",
      succeed: "succeeded",
      fail: "failed",
      cancel: "cancelled",
      recall: "waiting",
      quarantine: "quarantined",
    },
    parked: { claim: "active", cancel: "cancelled", recall: "waiting", quarantine: "quarantined" },
    succeeded: {},
    failed: { resume: "waiting" },
    cancelled: { resume: "waiting" },
    quarantined: { resume: "waiting" },
  },
  pod: {
    wanted: { rent: "booting", end: "ending" },
    booting: { answer: "ready", end: "ending" },
    ready: { drain: "draining", end: "ending" },
    draining: { keep: "ready", end: "ending" },
    ending: { close: "ended" },
    ended: {},
  },
  fire: {
    waiting: { admit: "due", skip: "skipped" },
    due: { start: "started", refuse: "refused", fail: "failed", miss: "missed" },
    started: {},
    skipped: { resume: "waiting" },
    missed: { resume: "waiting" },
    refused: { resume: "waiting" },
    failed: { resume: "waiting" },
  },
} as const satisfies Record<string, Record<string, Record<string, string>>>;

export type Machine = keyof typeof machines;
export type StateOf<M extends Machine> = keyof (typeof machines)[M] & string;
export type EventOf<M extends Machine> = {
  [S in StateOf<M>]: keyof (typeof machines)[M][S];
}[StateOf<M>] &
  string;

export type RunState = StateOf<"run">;
export type StepState = StateOf<"step">;
export type JobState = StateOf<"job">;
export type FireState = StateOf<"fire">;

/** The state after an event, or undefined where the machine does not allow it. */
export function nextState<M extends Machine>(machine: M, from: StateOf<M>, event: EventOf<M>): StateOf<M> | undefined {
  const row = machines[machine][from] as Record<string, StateOf<M>>;
  return Object.hasOwn(row, event) ? row[event] : undefined;
}

/** The states from which an event is allowed: what a conditional UPDATE puts into its WHERE. */
export function statesAllowing<M extends Machine>(machine: M, event: EventOf<M>): StateOf<M>[] {
  const rows = machines[machine] as Record<string, Record<string, string>>;
  return Object.keys(rows).filter((state) => Object.hasOwn(rows[state] ?? {}, event)) as StateOf<M>[];
}

/** Final states end the work; only `resume`, on a person's word, leaves some of them. */
export const finalStates = {
  run: ["succeeded", "failed", "cancelled", "exhausted"],
  step: ["succeeded", "failed", "cancelled", "reused"],
  job: ["succeeded", "failed", "cancelled", "quarantined"],
  pod: ["ended"],
  fire: ["started", "skipped", "missed", "refused", "failed"],
} as const satisfies { [M in Machine]: readonly StateOf<M>[] };

export function isFinal<M extends Machine>(machine: M, state: StateOf<M>): boolean {
  return (finalStates[machine] as readonly string[]).includes(state);
}
