import { Readable } from "node:stream";
import type { FastifyReply } from "fastify";

/** Answers with server-sent events as they come, which no proxy is to keep back. */
export function sendEvents(reply: FastifyReply, events: AsyncIterable<string>): FastifyReply {
  return reply
    .type("text/event-stream")
    .header("cache-control", "no-store")
    .header("x-accel-buffering", "no")
    .send(Readable.from(events));
}

export function serverSentEvent(event: string, data: unknown): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}
