import type { Fire, Schedule } from "@loramill/catalog";
import {
  BackfillAnswer,
  BackfillRequest,
  FirePage,
  FireQuery,
  FireView,
  PauseRequest,
  ScheduleView,
  UserError,
} from "@loramill/contracts";
import { listFires } from "@loramill/schedules";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import type { z } from "zod";
import { actorOf } from "../auth.ts";
import type { ApiDeps } from "../deps.ts";
import { ofSchedule, scheduleFinder } from "../schedules/find-schedule.ts";
import { fireView } from "../schedules/schedule-view.ts";

const tags = ["schedules"];
const config = { scope: "write" } as const;

/** Fires that one backfill makes at most. */
const BACKFILL_FIRES = 1_000;

/** The fires of a schedule, and what people ask of it beside its timing. */
export const scheduleOrderRoutes =
  ({ catalog, clock }: Pick<ApiDeps, "catalog" | "clock">): FastifyPluginAsyncZod =>
  async (server) => {
    const { find, view, note } = scheduleFinder(catalog);

    server.get(
      "/v1/schedules/:schedule/fires",
      {
        schema: {
          summary: "Its fires, newest first",
          tags,
          params: ofSchedule.params,
          querystring: FireQuery,
          response: { 200: FirePage },
        },
      },
      async ({ params, query: { project, ...page }, caller }) => {
        const { schedule } = await find({ name: params.schedule, project, caller });
        const { items, next } = await catalog.fires.list({ ...page, schedule: schedule.id });
        return { items: items.map(fireView), next };
      },
    );
    server.post(
      "/v1/schedules/:schedule/pause",
      {
        config,
        schema: {
          summary: "Make no fires until it is resumed; runs that are open go on",
          tags,
          ...ofSchedule,
          body: PauseRequest.nullish(),
          response: { 200: ScheduleView },
        },
      },
      async ({ params, query, body, caller }) => {
        const { reason } = body ?? PauseRequest.parse({});
        const paused = await find({ ...query, name: params.schedule, caller }, (ref) =>
          catalog.schedules.pause(ref, { reason, by: actorOf(caller) }),
        );
        await note(paused, "pause", caller, { reason });
        return view(paused);
      },
    );
    server.post(
      "/v1/schedules/:schedule/resume",
      {
        config,
        schema: { summary: "Go on with the next fire", tags, ...ofSchedule, response: { 200: ScheduleView } },
      },
      async ({ params, query, caller }) => {
        const resumed = await find({ ...query, name: params.schedule, caller }, catalog.schedules.resume);
        await note(resumed, "resume", caller);
        return view(resumed);
      },
    );
    server.post(
      "/v1/schedules/:schedule/trigger",
      {
        config,
        schema: {
          summary: "One fire now, also of a paused schedule; its overlap policy holds",
          tags,
          ...ofSchedule,
          response: { 201: FireView },
        },
      },
      async ({ params, query, caller }, reply) => {
        const found = await find({ ...query, name: params.schedule, caller });
        const fire = (await catalog.fires.get(await catalog.fires.trigger(found.schedule.id))) as Fire;
        await note(found, "trigger", caller, { fire: fire.id });
        return reply.code(201).send(fireView(fire));
      },
    );
    server.post(
      "/v1/schedules/:schedule/backfill",
      {
        config,
        schema: {
          summary: "Make the fires of a time that is over, one run after the other",
          description: "Fires that have a run stay as they are; those that came to nothing are made once more.",
          tags,
          ...ofSchedule,
          body: BackfillRequest,
          response: { 200: BackfillAnswer },
        },
      },
      async ({ params, query, body, caller }) => {
        const found = await find({ ...query, name: params.schedule, caller });
        const { id } = found.schedule;
        const times = backfillTimes(found.schedule, body, clock.now());
        const present = new Set((await catalog.fires.present(id, times)).map((time) => time.getTime()));
        const fires = times.filter((time) => !present.has(time.getTime()));
        if (!body.preview && fires.length > 0) {
          await catalog.fires.backfill(id, fires);
          await note(found, "backfill", caller, { from: body.from, to: body.to, fires: fires.length });
        }
        return { fires: fires.map((time) => time.toISOString()), present: present.size };
      },
    );
  };

/** The times of a stretch that is over, whatever the schedule's own start and end. UserError where there are too many. */
function backfillTimes({ timing }: Schedule, { from, to }: z.output<typeof BackfillRequest>, now: Date): Date[] {
  const stretch = { from: new Date(from), to: new Date(to) };
  if (stretch.to > now || stretch.from >= stretch.to) {
    throw new UserError("a backfill is of a time that is over: `from` lies before `to`, and `to` not after now", {
      code: "bad-stretch",
    });
  }
  const times = listFires(timing, stretch, { after: new Date(0), limit: BACKFILL_FIRES + 1 });
  if (times.length <= BACKFILL_FIRES) return times;
  throw new UserError(`more than ${BACKFILL_FIRES} fires: choose a shorter time`, { code: "too-many-fires" });
}
