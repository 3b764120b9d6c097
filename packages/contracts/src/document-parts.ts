import { z } from "zod";
import { Digest } from "./digest.ts";

/** Items of a part at most: no job reads more than it works on. */
export const ITEMS_PER_PART = 64;

/** Bytes in the object store under `blobs/<sha256>`. */
export const BlobRef = z.object({ sha256: Digest, bytes: z.int().min(0), mediaType: z.string().max(128) });
export type BlobRef = z.output<typeof BlobRef>;

/** Any document that lists parts: a step's output, a dataset manifest. */
export const PartsDocument = z.looseObject({ parts: z.array(Digest).max(1_000_000) });
export type PartsDocument = z.output<typeof PartsDocument>;

/** A file or image that was not taken, with the reason in a code for programs and a sentence for people. */
export const Refusal = z.object({ path: z.string(), code: z.string().max(64), message: z.string().max(1000) });
export type Refusal = z.output<typeof Refusal>;
