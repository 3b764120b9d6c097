import {
  FireTimes,
  microUsdFromUsd,
  ScheduleBody,
  ScheduleChange,
  SchedulePage,
  ScheduleQuery,
  ScheduleView,
  TimingPreview,
} from "@loramill/contracts";
import { listFires } from "@loramill/schedules";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { projectNameOf } from "../auth.ts";
import type { ApiDeps } from "../deps.ts";
import { checkProject, ofSchedule, scheduleFinder } from "../schedules/find-schedule.ts";
import { scheduleView } from "../schedules/schedule-view.ts";
import { scheduleOrderRoutes } from "./schedule-orders.ts";

const tags = ["schedules"];
const config = { scope: "write" } as const;

/** Runs that start at times. What a person does to a schedule is in the audit. */
export const scheduleRoutes =
  (deps: Pick<ApiDeps, "catalog" | "clock">): FastifyPluginAsyncZod =>
  async (server) => {
    const { catalog, clock } = deps;
    const { find, view, note } = scheduleFinder(catalog);

    server.post(
      "/v1/schedules",
      {
        config,
        schema: { summary: "Make a schedule", tags, body: ScheduleBody, response: { 201: ScheduleView } },
      },
      async ({ body: { project: asked, monthlyBudgetUsd, ...body }, caller }, reply) => {
        const project = projectNameOf(caller, asked);
        checkProject(body.run, project);
        const schedule = await catalog.schedules.create({
          ...body,
          startsAt: toDate(body.startsAt),
          endsAt: toDate(body.endsAt),
          monthlyBudgetMicroUsd: toMicroUsd(monthlyBudgetUsd),
          project: (await catalog.projects.ensure(project)).id,
        });
        const made = { schedule, project };
        await note(made, "create", caller, { timing: body.timing });
        return reply.code(201).send(await view(made));
      },
    );
    server.get(
      "/v1/schedules",
      {
        schema: {
          summary: "List schedules, by name",
          tags,
          querystring: ScheduleQuery,
          response: { 200: SchedulePage },
        },
      },
      async ({ query: { project: asked, ...page }, caller }) => {
        const project = projectNameOf(caller, asked);
        const { items, next } = await catalog.schedules.list({
          ...page,
          project: await catalog.projects.idOf(project),
        });
        const newest = await catalog.fires.newest(items.map(({ id }) => id));
        const views = items.map((each) => {
          const lastFire = newest.get(each.id) ?? null;
          return scheduleView(each, { project, lastFire });
        });
        return { items: views, next };
      },
    );
    server.get(
      "/v1/schedules/:schedule",
      { schema: { summary: "One schedule", tags, ...ofSchedule, response: { 200: ScheduleView } } },
      async ({ params, query, caller }) => view(await find({ ...query, name: params.schedule, caller })),
    );
    server.patch(
      "/v1/schedules/:schedule",
      {
        config,
        schema: {
          summary: "Change a schedule; what is left out stays",
          tags,
          ...ofSchedule,
          body: ScheduleChange,
          response: { 200: ScheduleView },
        },
      },
      async ({ params, query, body, caller }) => {
        checkProject(body.run, projectNameOf(caller, query.project));
        const { monthlyBudgetUsd, ...fields } = body;
        const change = {
          ...fields,
          startsAt: toDate(fields.startsAt),
          endsAt: toDate(fields.endsAt),
          monthlyBudgetMicroUsd: toMicroUsd(monthlyBudgetUsd),
        };
        const changed = await find({ ...query, name: params.schedule, caller }, (ref) =>
          catalog.schedules.change(ref, change),
        );
        await note(changed, "change", caller, { fields: Object.keys(body) });
        return view(changed);
      },
    );
    server.delete(
      "/v1/schedules/:schedule",
      {
        config,
        schema: {
          summary: "Remove a schedule with its fires; runs that they started stay",
          tags,
          ...ofSchedule,
          response: { 200: ScheduleView },
        },
      },
      async ({ params, query, caller }) => {
        const found = await find({ ...query, name: params.schedule, caller });
        const last = await view(found);
        await catalog.schedules.remove(found.ref);
        await note(found, "remove", caller);
        return last;
      },
    );
    server.post(
      "/v1/fire-times",
      { schema: { summary: "When a timing would fire", tags, body: TimingPreview, response: { 200: FireTimes } } },
      async ({ body: { timing, after, count } }) => {
        const first = after === undefined ? clock.now() : new Date(after);
        const times = listFires(timing, { from: null, to: null }, { after: first, limit: count });
        return { times: times.map((time) => time.toISOString()) };
      },
    );
    await server.register(scheduleOrderRoutes(deps));
  };

/** What is left out of a request stays undefined. */
function toDate<Given extends string | null | undefined>(moment: Given) {
  return (typeof moment === "string" ? new Date(moment) : moment) as Date | Exclude<Given, string>;
}

function toMicroUsd<Given extends number | null | undefined>(usd: Given) {
  return (typeof usd === "number" ? microUsdFromUsd(usd) : usd) as number | Exclude<Given, number>;
}
