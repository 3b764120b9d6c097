import { type Delivery, JobId, PermanentError } from "@loramill/contracts";
import { z } from "zod";

/** Name of every BullMQ job: what is to be done stands in the catalog, not in the queue. */
export const TURN = "turn";

/** Payloads, outputs, turns and progress are references and small facts; anything larger belongs into the store. */
export const MAX_PAYLOAD_BYTES = 16_384;

const Payload = z.strictObject({ job: JobId, release: z.int().min(0) });

/** The id of a delivery in BullMQ. A new release is a new id, so that a finished id never swallows it. */
export function queueIdOf(delivery: Delivery): string {
  return `${delivery.job}.${delivery.release}`;
}

/** Throws PermanentError `payload-too-large` or `bad-payload`. */
export function writePayload(delivery: Delivery): Delivery {
  if (jsonBytes(delivery) > MAX_PAYLOAD_BYTES) {
    throw new PermanentError(`A delivery may hold ${MAX_PAYLOAD_BYTES} bytes: put the rest into the store`, {
      code: "payload-too-large",
    });
  }
  const parsed = Payload.safeParse(delivery);
  if (!parsed.success) {
    throw new PermanentError(`Not a delivery: ${z.prettifyError(parsed.error)}`, { code: "bad-payload" });
  }
  return parsed.data;
}

export type ReadPayload =
  | { readonly ok: true; readonly delivery: Delivery }
  | { readonly ok: false; readonly reason: string };

/** What a worker found in the queue. Somebody else may have put it there, so nothing about it is taken for granted. */
export function readPayload(data: unknown, queueId: string): ReadPayload {
  const parsed = Payload.safeParse(data);
  if (!parsed.success) return { ok: false, reason: z.prettifyError(parsed.error).slice(0, 1_000) };
  if (queueIdOf(parsed.data) !== queueId)
    return { ok: false, reason: `the queue id ${queueId} names another delivery` };
  return { ok: true, delivery: parsed.data };
}

export function jsonBytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value) ?? "");
}
