import { z } from "zod";

/** What is read of RunPod's answers: leniently, and no more than is used. */
const level = z.enum(["NONE", "LOW", "MEDIUM", "HIGH"]).catch("NONE");

/**
 * By its id, name, state and age it is found, adopted and reaped: without one of these a list is not known, and nothing may be decided by
 * it. The rest has a value that harms nobody: of a pod without a price the books tell what it costs.
 */
export const Pod = z.object({
  id: z.string(),
  name: z.string(),
  status: z.string(),
  /** US dollars per hour; 0 when it has stopped. */
  cost: z.coerce.number().min(0).catch(0),
  dataCenterId: z.string().nullish().catch(null),
  gpu: z.object({ id: z.string() }).nullish().catch(null),
  env: z.record(z.string(), z.unknown()).catch({}),
  createdAt: z.coerce.date(),
});
export type Pod = z.output<typeof Pod>;

export const GpuType = z.object({
  id: z.string(),
  /** In GB. */
  memory: z.number().min(0),
  secure: z.boolean(),
  community: z.boolean(),
  /** US dollars per hour and GPU; 0 or nothing where it is not sold. */
  price: z.object({ secure: z.number().nullish(), community: z.number().nullish() }),
  availability: level.optional(),
  dataCenters: z.array(z.object({ id: z.string(), availability: level })).optional(),
});
export type GpuType = z.output<typeof GpuType>;

export const Volume = z.object({ id: z.string(), name: z.string(), size: z.number().int(), dataCenter: z.string() });

export const Template = z.object({ id: z.string(), name: z.string(), image: z.string(), serverless: z.boolean() });

export const Endpoint = z.object({
  id: z.string(),
  name: z.string(),
  image: z.string().optional(),
  workers: z.object({ min: z.number().int(), max: z.number().int(), idleTimeout: z.number().int().optional() }),
  /** Addresses of its data plane, for who manages endpoints; the backend that draws has a key and an address of its own. */
  requestUrls: z.record(z.string(), z.string()).optional(),
});

const record = z.object({ startTime: z.coerce.date(), endTime: z.coerce.date(), totalAmount: z.number() });
export const PodRecord = record.extend({ podId: z.string() });
export const VolumeRecord = record.extend({ networkVolumeId: z.string() });
export const EndpointRecord = record.extend({ serverlessId: z.string() });

export const BillingRecord = record;

export const DataCentre = z.object({
  id: z.string(),
  name: z.string(),
  region: z.string(),
  networkVolumeTypes: z.array(z.string()),
});

export const Registry = z.object({ id: z.string(), name: z.string() });

export const Worker = z.object({ id: z.string(), status: z.string() });

export const Release = z.looseObject({ id: z.string(), createdAt: z.coerce.date() });

/**
 * The cursor of the next page, null on the last. Newer versions of the API page their lists; older ones say nothing about it. That there is a
 * next page without saying which is no answer.
 */
export const NextPage = z
  .object({ hasNextPage: z.boolean().nullish(), nextCursor: z.string().min(1).nullish() })
  .refine(({ hasNextPage, nextCursor }) => !hasNextPage || nextCursor)
  .transform(({ hasNextPage, nextCursor }) => (hasNextPage === false ? null : (nextCursor ?? null)))
  .nullish()
  .transform((cursor) => cursor ?? null);
