import type { FireId, FireOrigin, OverlapPolicy, RunId } from "@loramill/contracts";

/** A fire that waits for its turn. */
export interface WaitingFire {
  readonly id: FireId;
  readonly fireAt: Date;
  readonly origin: FireOrigin;
}

/** The fire that has the schedule now: its run is open, or (no run yet) it is being planned. */
export interface OpenFire {
  readonly fireAt: Date;
  readonly run: RunId | null;
}

export interface FireQuestion {
  readonly overlap: OverlapPolicy;
  /** In the order of their times. */
  readonly waiting: readonly WaitingFire[];
  readonly open: OpenFire | null;
}

export interface FireDecisions {
  /** The fire whose turn it is. */
  readonly admit: FireId | null;
  readonly skip: readonly { readonly fire: FireId; readonly reason: string }[];
  /** The run that has to end before one that waits may begin. */
  readonly cancel: RunId | null;
  /** Why the others wait. */
  readonly waits: string | null;
}

/**
 * Whose turn it is. One fire of a schedule is open at a time. Those of a backfill wait for as long as it takes, behind all
 * others; of the others one waits at most, and only if the policy lets it.
 */
export function decideFires({ overlap, waiting, open }: FireQuestion): FireDecisions {
  const [backfill, own] = [waiting.filter(isBackfill), waiting.filter((fire) => !isBackfill(fire))];
  const first = open === null ? (own.shift() ?? backfill.shift() ?? null) : null;
  const holder = open ?? (first === null ? null : { fireAt: first.fireAt, run: null });
  if (holder === null) return { admit: null, skip: [], cancel: null, waits: null };
  const isOpen = sayOpen(holder);
  const kept = choose(overlap, own);
  const reason = saySkipped(overlap, { isOpen, kept: kept?.fireAt.toISOString() ?? "" });
  return {
    admit: first?.id ?? null,
    skip: own.filter((fire) => fire !== kept).map(({ id }) => ({ fire: id, reason })),
    cancel: overlap === "replace" && kept !== undefined ? holder.run : null,
    waits: kept !== undefined || backfill.length > 0 ? isOpen : null,
  };
}

/** Of the fires that cannot begin now, the one that goes on waiting. */
function choose(overlap: OverlapPolicy, own: readonly WaitingFire[]): WaitingFire | undefined {
  switch (overlap) {
    case "skip":
      return undefined;
    case "queue":
      return own.at(0);
    case "replace":
      return own.at(-1);
  }
}

function saySkipped(overlap: OverlapPolicy, { isOpen, kept }: { isOpen: string; kept: string }): string {
  switch (overlap) {
    case "skip":
      return isOpen;
    case "queue":
      return `${isOpen}, and the fire of ${kept} waits already`;
    case "replace":
      return `the fire of ${kept} takes its place`;
  }
}

const isBackfill = ({ origin }: WaitingFire): boolean => origin === "backfill";

function sayOpen({ fireAt, run }: OpenFire): string {
  const what = run === null ? "is being planned" : `has not ended (${run})`;
  return `the fire of ${fireAt.toISOString()} ${what}`;
}
