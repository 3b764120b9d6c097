import { z } from "zod";

/** What is read of RunPod's answers: leniently, and no more than is used. */
const level = z.enum(["NONE", "LOW", "MEDIUM", "HIGH"]).catch("NONE");

export const Pod = z.object({
  id: z.string(),
  name: z.string(),
  status: z.string(),
  /** US dollars per hour; 0 when it has stopped. */
  cost: z.number().min(0),
  cloud: z.string().optional(),
  dataCenterId: z.string().nullish(),
  gpu: z.object({ id: z.string(), count: z.number().int().default(1) }).optional(),
  runtime: z.object({ uptime: z.number().min(0).optional() }).nullish(),
  ports: z.array(z.string()).default([]),
  env: z.record(z.string(), z.string()).default({}),
  createdAt: z.coerce.date(),
  startedAt: z.coerce.date().nullish(),
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

/** Newer versions of the API page their lists; older ones say nothing about it. */
export const NextPage = z
  .object({ pagination: z.object({ hasNextPage: z.boolean(), nextCursor: z.string().nullish() }).optional() })
  .transform(({ pagination }) => (pagination?.hasNextPage ? (pagination.nextCursor ?? null) : null));
