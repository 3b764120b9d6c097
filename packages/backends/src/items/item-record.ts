import { BlobRef, Charge, ErrorRecord } from "@loramill/contracts";
import { z } from "zod";

/** A file that is in the store, with what was measured of it. */
export const Made = z.object({
  file: BlobRef,
  width: z.int(),
  height: z.int(),
  fps: z.number().exactOptional(),
  /** From the request to the file. */
  seconds: z.number(),
});
export type Made = z.output<typeof Made>;

/** How often its work failed, and how often the service forgot it. */
const count = { tries: z.int().min(0), lost: z.int().min(0) };
const asked = { ...count, askedAt: z.iso.datetime(), keys: z.array(z.string()), digest: z.string() };

/** One item: to be asked for; asked for with no answer yet; answered; there; or never to be there. */
export const Entry = z.discriminatedUnion("state", [
  z.object({ state: z.literal("open"), ...count }),
  z.object({ state: z.literal("asked"), ...asked }),
  z.object({
    state: z.literal("sent"),
    ...asked,
    id: z.string(),
    seen: z.enum(["waiting", "running"]),
    /** Why we stopped it, if we did. */
    stopped: z.enum(["late", "cancelled"]).nullable(),
  }),
  z.object({ state: z.literal("made"), made: Made }),
  z.object({ state: z.literal("refused"), error: ErrorRecord }),
]);
export type Entry = z.output<typeof Entry>;
export type SentEntry = Extract<Entry, { state: "sent" }>;

/** What is known of a job's work at a service; it lies in the store before anything is paid for. */
export const ItemsRecord = z.object({
  remoteId: z.string(),
  state: z.enum(["open", "ended", "cancelled"]),
  /** By the digest of what decides an item. */
  entries: z.record(z.string(), Entry),
  /** Told at every look, because the turn that told them before may have been lost; the ledger takes each mark once. */
  charges: z.array(Charge),
});
export type ItemsRecord = z.output<typeof ItemsRecord>;

/** Charges that are told again; those before have been told by many turns. */
export const MAX_CHARGES = 64;
