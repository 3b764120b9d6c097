import type { Catalog } from "@loramill/catalog";
import {
  AuditList,
  BillList,
  BillQuery,
  type FleetOffer,
  FleetPlanView,
  FleetQuery,
  FleetSwitches,
  FleetView,
  isFinal,
  OfferList,
  type OfferView,
  type Pod,
  type PodBill,
  PodReason,
  PodView,
  podPrice,
  StopFleet,
  UserError,
} from "@loramill/contracts";
import { billingGap, recordKey, recordOf } from "@loramill/fleet";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { actorOf, type Caller } from "../auth.ts";
import type { ApiDeps } from "../deps.ts";

const PodParams = z.object({ name: z.string().min(1).max(64) });
const AUDIT_ENTRIES = 200;
const tags = ["fleet"];
const config = { scope: "admin" } as const;

/** Rented machines: what there is and why, what it costs, and the switches. All of it is for operators of the installation. */
export const fleetRoutes =
  ({ catalog, clock }: ApiDeps): FastifyPluginAsyncZod =>
  async (server) => {
    const { fleet } = catalog;
    server.addHook("preHandler", async ({ caller }) => {
      if (caller.project === null) return;
      throw new UserError("machines belong to the installation: ask with its admin token, not with a project's key", {
        code: "forbidden",
      });
    });

    server.get(
      "/v1/fleet",
      {
        config,
        schema: { summary: "Machines and switches", tags, querystring: FleetQuery, response: { 200: FleetView } },
      },
      async ({ query }) => viewOf(fleet, query),
    );
    server.patch(
      "/v1/fleet",
      {
        config,
        schema: {
          summary: "Plan without carrying out, or not",
          tags,
          body: FleetSwitches,
          response: { 200: FleetView },
        },
      },
      async ({ body, caller }) => {
        await fleet.setDryRun(body.dryRun);
        await note(fleet, caller, body.dryRun ? "fleet.dry-run" : "fleet.carry-out");
        return viewOf(fleet);
      },
    );
    server.get(
      "/v1/fleet/plan",
      { config, schema: { summary: "What was last planned, and why", tags, response: { 200: FleetPlanView } } },
      async () => {
        const { decisions, at } = await fleet.plan();
        return {
          plannedAt: at?.toISOString() ?? null,
          decisions: decisions.map((decision) => ({
            kind: decision.kind,
            because: decision.because,
            pod: "pod" in decision ? decision.pod : null,
            jobs: "jobs" in decision ? [...decision.jobs] : "job" in decision ? [decision.job] : [],
            candidates: "candidates" in decision ? decision.candidates.map(toOfferView) : [],
            expected: "expected" in decision ? decision.expected : null,
          })),
        };
      },
    );
    server.get(
      "/v1/fleet/offers",
      { config, schema: { summary: "What can be rented now, cheapest first", tags, response: { 200: OfferList } } },
      async () => {
        const [offers, records] = await Promise.all([fleet.offers.list(), fleet.records.list()]);
        const past = new Map(records.map((record) => [`${record.provider}|${record.key}`, record]));
        const items = offers.map(({ offer, seenAt }) => ({
          ...toOfferView(offer),
          failureShare: recordOf(past.get(recordKey(offer)), clock.now()).failureShare,
          seenAt: seenAt.toISOString(),
        }));
        return { items: items.sort((a, b) => a.pricePerHourMicroUsd - b.pricePerHourMicroUsd) };
      },
    );
    server.get(
      "/v1/fleet/bills",
      {
        config,
        schema: {
          summary: "Ledger against providers' books",
          tags,
          querystring: BillQuery,
          response: { 200: BillList },
        },
      },
      async ({ query: { from } }) => toBillList(await fleet.bills(from === undefined ? {} : { from: new Date(from) })),
    );
    server.get(
      "/v1/fleet/audit",
      { config, schema: { summary: "Who did what, latest first", tags, response: { 200: AuditList } } },
      async () => {
        const entries = await fleet.audit.list({ limit: AUDIT_ENTRIES });
        return {
          items: AuditList.shape.items.parse(entries.map(({ at, ...entry }) => ({ ...entry, at: at.toISOString() }))),
        };
      },
    );
    server.post(
      "/v1/fleet/stop",
      {
        config,
        schema: {
          summary: "The kill switch: rent nothing any more",
          description:
            "With `all` every machine is ended at once; trainings go on from their last checkpoint once machines may be rented again.",
          tags,
          body: StopFleet,
          response: { 200: FleetView },
        },
      },
      async ({ body: { reason, all }, caller }) => {
        await fleet.stop(reason, actorOf(caller));
        await note(fleet, caller, all ? "fleet.stop-all" : "fleet.stop", reason);
        for (const pod of await fleet.pods({ living: true })) {
          await retire(fleet, pod, all ? "end" : "drain", reason, caller);
        }
        return viewOf(fleet);
      },
    );
    server.post(
      "/v1/fleet/start",
      { config, schema: { summary: "Let machines be rented again", tags, response: { 200: FleetView } } },
      async ({ caller }) => {
        await fleet.start();
        await note(fleet, caller, "fleet.start");
        return viewOf(fleet);
      },
    );
    for (const [event, summary] of [
      ["drain", "Give a machine no new work, and give it back when it has none; at once where it is not up yet"],
      ["end", "Give a machine back at once"],
    ] as const) {
      server.post(
        `/v1/fleet/machines/:name/${event}`,
        { config, schema: { summary, tags, params: PodParams, body: PodReason, response: { 200: PodView } } },
        async ({ params: { name }, body: { reason }, caller }) => {
          const pod = await fleet.pod(name);
          if (pod === null)
            throw new UserError(`no machine is called ${name}: \`loramill fleet status\` names them`, {
              code: "not-found",
            });
          if (isFinal("pod", pod.state)) throw new UserError(`${name} has ended already`, { code: "wrong-state" });
          await retire(fleet, pod, event, reason, caller);
          return toPodView((await fleet.pod(name)) ?? pod);
        },
      );
    }
  };

type Fleet = Catalog["fleet"];

/**
 * A machine that the event does not move any more is left as it is: it is on its way already. One that is not up yet has
 * nothing to finish and ends at once, as in a plan: booted to its end it would cost and be of no use.
 */
async function retire(
  fleet: Fleet,
  { name, state }: Pick<Pod, "name" | "state">,
  asked: "drain" | "end",
  reason: string,
  caller: Caller,
): Promise<void> {
  const event = state === "wanted" || state === "booting" ? "end" : asked;
  if ((await fleet.move(name, event, { reason })) === null) return;
  await fleet.audit.add({ actor: actorOf(caller), action: `machine.${event}`, subject: name, details: { reason } });
  await fleet.wake(name);
}

async function note(fleet: Fleet, caller: Caller, action: string, reason?: string): Promise<void> {
  const details = reason === undefined ? {} : { reason };
  await fleet.audit.add({ actor: actorOf(caller), action, subject: "fleet", details });
}

async function viewOf(fleet: Fleet, { ended = false }: { ended?: boolean } = {}): Promise<FleetView> {
  const [switches, plan, pods] = await Promise.all([fleet.switches(), fleet.plan(), fleet.pods({ living: !ended })]);
  const rented = pods.filter(({ remoteId, state }) => remoteId !== null && state !== "ended");
  return {
    stopped: switches.stopped === null ? null : { reason: switches.stopped, by: switches.stoppedBy },
    dryRun: switches.dryRun,
    plannedAt: plan.at?.toISOString() ?? null,
    pricePerHourMicroUsd: rented.reduce((sum, pod) => sum + podPrice(pod), 0),
    machines: pods.map(toPodView),
  };
}

function toPodView(pod: Pod): PodView {
  const at = (time: Date | null) => time?.toISOString() ?? null;
  return {
    name: pod.name,
    provider: pod.provider,
    state: pod.state,
    run: pod.run,
    offer: pod.offer === null ? null : toOfferView({ ...pod.offer, provider: pod.provider }),
    billSeconds: pod.bill.seconds,
    billMicroUsd: pod.bill.amountMicroUsd,
    billIsFinal: pod.bill.isFinal,
    active: pod.health?.active ?? null,
    slots: pod.health?.slots ?? null,
    trainers: pod.health === null ? null : [...pod.health.trainers],
    wantedFor: [...pod.wantedFor],
    createdAt: pod.createdAt.toISOString(),
    rentedAt: at(pod.rentedAt),
    answeredAt: at(pod.answeredAt),
    busyAt: at(pod.busyAt),
    leaseUntil: at(pod.leaseUntil),
    endedAt: at(pod.endedAt),
    reason: pod.reason,
  };
}

const toOfferView = ({ provider, gpuType, region, cloud, ...offer }: FleetOffer): OfferView => ({
  ...{ provider, gpuType, region, cloud: cloud ?? null },
  interruptible: offer.interruptible,
  vramBytes: offer.vramBytes,
  pricePerHourMicroUsd: offer.pricePerHourMicroUsd,
  available: offer.available,
});

/** The gap is that of machines that have ended and of which the books tell. */
function toBillList(items: PodBill[]): BillList {
  const sumsOf = (bills: readonly PodBill[]) => ({
    chargedMicroUsd: bills.reduce((sum, { chargedMicroUsd }) => sum + chargedMicroUsd, 0),
    billedMicroUsd: bills.reduce((sum, { billedMicroUsd }) => sum + (billedMicroUsd ?? 0), 0),
  });
  const told = items.filter(({ isFinal, billedMicroUsd }) => isFinal && billedMicroUsd !== null);
  return { items, ...sumsOf(items), gapShare: told.length === 0 ? null : billingGap(sumsOf(told)) };
}
