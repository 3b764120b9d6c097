import {
  AuditList,
  type AuditQuery,
  BillList,
  FleetPlanView,
  FleetView,
  OfferList,
  PodView,
  type StopFleet,
} from "@loramill/contracts";
import type { Caller } from "./caller.ts";
import { volumeCalls } from "./fleet-volumes.ts";

/** `/v1/fleet`: rented machines. For operators: it takes an admin token, not a project's key. */
export function fleetCalls(caller: Pick<Caller, "call">) {
  const { call } = caller;
  const at = (path: string) => `/v1/fleet${path}`;
  return {
    /** `ended`: also machines that have ended. */
    get: ({ ended, signal }: { ended?: boolean; signal?: AbortSignal } = {}) =>
      call({ path: at(""), query: { ended: ended ? "true" : undefined }, answer: FleetView, signal }),
    /** What the fleet was last planned to do, and why. */
    plan: (signal?: AbortSignal) => call({ path: at("/plan"), answer: FleetPlanView, signal }),
    offers: (signal?: AbortSignal) => call({ path: at("/offers"), answer: OfferList, signal }),
    bills: ({ signal, ...query }: { from?: string; signal?: AbortSignal } = {}) =>
      call({ path: at("/bills"), query, answer: BillList, signal }),
    volumes: volumeCalls(caller),
    /** Who did what to machines, the switches and volumes, latest first. */
    audit: ({ signal, ...query }: Partial<AuditQuery> & { signal?: AbortSignal } = {}) =>
      call({ path: at("/audit"), query, answer: AuditList, signal }),
    /** The kill switch: nothing is rented any more until `start`. */
    stop: (body: StopFleet = {}) => call({ method: "POST", path: at("/stop"), body, answer: FleetView }),
    start: () => call({ method: "POST", path: at("/start"), answer: FleetView }),
    setDryRun: (dryRun: boolean) => call({ method: "PATCH", path: at(""), body: { dryRun }, answer: FleetView }),
    drain: (pod: string, reason?: string) =>
      call({ method: "POST", path: at(`/machines/${pod}/drain`), body: { reason }, answer: PodView }),
    end: (pod: string, reason?: string) =>
      call({ method: "POST", path: at(`/machines/${pod}/end`), body: { reason }, answer: PodView }),
  };
}
