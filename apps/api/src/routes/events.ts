import { EventPage, RunId, UserError } from "@loramill/contracts";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import type { Caller } from "../auth.ts";
import type { ApiDeps } from "../deps.ts";
import type { FeedMessage, RunFeed } from "../run-feed.ts";
import { sendEvents, serverSentEvent } from "../send-events.ts";

const RunParams = z.object({ run: RunId });
const EventQuery = z.object({
  after: z.coerce.number().int().min(0).default(0).describe("Only events with a larger id"),
  limit: z.coerce.number().int().min(1).max(200).default(100),
});

/** Progress as server-sent events, over a WebSocket, or page by page. */
export const eventRoutes =
  ({ catalog }: ApiDeps, feed: RunFeed): FastifyPluginAsyncZod =>
  async (server) => {
    const mustExist = async (run: RunId, caller: Caller) => {
      if (await catalog.runs.get({ run, project: caller.project?.id })) return;
      throw new UserError(`there is no run ${run}`, { code: "run-not-found" });
    };

    server.get(
      "/v1/runs/:run/events",
      {
        schema: {
          summary: "Its events; a stream with Accept: text/event-stream",
          description:
            "The stream sends `event` (a run event; its id is the Last-Event-ID) and `snapshot` (the whole run).",
          tags: ["events"],
          params: RunParams,
          querystring: EventQuery,
          response: { 200: EventPage },
        },
      },
      async (request, reply) => {
        const { run } = request.params;
        await mustExist(run, request.caller);
        if (!request.headers.accept?.includes("text/event-stream")) {
          const items = await catalog.events.list({ run, ...request.query });
          return { items: [...items], next: items.length < request.query.limit ? null : (items.at(-1)?.id ?? null) };
        }
        const after = Number(request.headers["last-event-id"] ?? request.query.after) || 0;
        const gone = new AbortController();
        request.raw.once("close", () => gone.abort());
        const lines = async function* () {
          yield "retry: 1000\n\n";
          for await (const message of feed.follow({ run, after, signal: gone.signal }))
            yield toServerSentEvent(message);
        };
        return sendEvents(reply, lines()) as never;
      },
    );

    server.get(
      "/v1/runs/:run/socket",
      {
        websocket: true,
        schema: { summary: "Its events over a WebSocket", tags: ["events"], params: RunParams, hide: true },
      },
      async (socket, request) => {
        const { run } = request.params as z.output<typeof RunParams>;
        const gone = new AbortController();
        socket.on("close", () => gone.abort());
        try {
          await mustExist(run, request.caller);
          for await (const message of feed.follow({ run, after: 0, signal: gone.signal }))
            socket.send(JSON.stringify(message));
          socket.close(1000);
        } catch (error) {
          socket.close(1008, error instanceof UserError ? error.message.slice(0, 120) : "unexpected error");
        }
      },
    );
  };

function toServerSentEvent(message: FeedMessage): string {
  if (message.kind === "snapshot") return serverSentEvent("snapshot", message.run);
  return `id: ${message.event.id}\n${serverSentEvent("event", message.event)}`;
}
