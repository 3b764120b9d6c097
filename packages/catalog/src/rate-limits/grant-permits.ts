import type { PermitGrant, PermitRequest } from "@loramill/contracts";

/** What is known of an endpoint. Times are milliseconds on the server's clock. */
export interface EndpointState {
  /** Before this no further question starts: the theoretical arrival time of the generic cell rate algorithm. */
  readonly nextAt: number;
  readonly heldUntil: number;
  /** Open questions by holder. They count until `until`: a holder that is alive says so before. */
  readonly holders: Readonly<Record<string, { readonly open: number; readonly until: number }>>;
}

/** Permits are given for so far ahead at most, so that a lost worker or a sudden hold wastes little. */
const AHEAD_MS = 500;
/** A new batch is given when at least so much of that is free: two statements a second fill any rate. */
const BATCH_MS = 250;
/** A holder that is not heard of for so long is gone. */
export const LEASE_MS = 15_000;
/** While all slots are taken: those who hold them give them back without telling who waits. */
const FULL_MS = 200;

/**
 * Shares out starts that are evenly spaced: at most `rate × window + 1` lie in any window, however many ask. Nothing is
 * saved up while nobody asks. What is not wanted, or exceeds the slots, stays for others.
 */
export function grantPermits(
  state: EndpointState,
  { holder, limits, open, wanted }: Omit<PermitRequest, "endpoint">,
  now: number,
): { readonly state: EndpointState; readonly grant: PermitGrant } {
  const others = Object.entries(state.holders).filter(([name, { until }]) => name !== holder && until > now);
  const heldForMs = Math.max(0, state.heldUntil - now);
  const taken = others.reduce((sum, [, { open: count }]) => sum + count, open);
  const free = limits.atOnce === null ? wanted : Math.max(0, limits.atOnce - taken);
  const spacingMs = limits.requestsPerMinute === null ? 0 : 60_000 / limits.requestsPerMinute;
  const first = Math.max(now, state.nextAt);
  const inTime = spacingMs === 0 ? wanted : startsWithin(now + AHEAD_MS - first, spacingMs);
  const isEarly = spacingMs > 0 && first > now + BATCH_MS;
  const granted = heldForMs > 0 || isEarly ? 0 : Math.min(wanted, free, inTime);
  const nextAt = granted === 0 ? state.nextAt : first + granted * spacingMs;

  const holders = Object.fromEntries(others);
  if (limits.atOnce !== null && open + granted > 0) holders[holder] = { open: open + granted, until: now + LEASE_MS };
  return {
    state: { ...state, nextAt, holders },
    grant: { granted, startInMs: first - now, spacingMs, heldForMs, askAgainInMs: askAgainInMs() },
  };

  function askAgainInMs(): number {
    if (granted === wanted) return 0;
    if (heldForMs > 0) return heldForMs;
    if (granted === free) return FULL_MS;
    return Math.max(1, Math.ceil(nextAt - BATCH_MS - now));
  }
}

const startsWithin = (milliseconds: number, spacingMs: number): number =>
  milliseconds < 0 ? 0 : Math.floor(milliseconds / spacingMs) + 1;
