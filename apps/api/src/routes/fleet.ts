import {
  AuditList,
  AuditQuery,
  BillList,
  BillQuery,
  FleetPlanView,
  FleetQuery,
  FleetSwitches,
  FleetView,
  isFinal,
  OfferList,
  type Pod,
  PodReason,
  PodView,
  StopFleet,
  UserError,
} from "@loramill/contracts";
import { recordKey, recordOf } from "@loramill/fleet";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { actorOf, type Caller } from "../auth.ts";
import type { ApiDeps } from "../deps.ts";
import { type Fleet, planOf, toAuditList, toBillList, toOfferView, toPodView, viewOf } from "./fleet-views.ts";

const PodParams = z.object({ name: z.string().min(1).max(64) });
/** Nouns of what the audit notes of the fleet; it notes batches, schedules, webhooks and ceilings too. */
const OF_THE_FLEET = ["machine", "fleet", "volume"];
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
      () => planOf(catalog),
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
      {
        config,
        schema: {
          summary: "Who did what to machines, the switches and volumes, latest first",
          tags,
          querystring: AuditQuery,
          response: { 200: AuditList },
        },
      },
      async ({ query }) => toAuditList(await fleet.audit.list({ ...query, nouns: OF_THE_FLEET })),
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
