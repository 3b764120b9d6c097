import { z } from "zod";

/** The shapes of `/v1/fleet/volumes`: network volumes, which outlive machines and attach to those of their own region. */
const Gigabytes = z.int().min(10).max(4096).describe("Whole gigabytes, as the provider sells them");

export const VolumeView = z.object({
  provider: z.string(),
  id: z.string().describe("As FLEET_VOLUMES names it"),
  name: z.string(),
  region: z.string(),
  bytes: z.int(),
});
export type VolumeView = z.output<typeof VolumeView>;

export const VolumeList = z.object({ items: z.array(VolumeView) });

/** One of the same name and region is taken instead of a second one. */
export const CreateVolume = z.strictObject({
  name: z.string().min(1).max(128),
  region: z.string().regex(/^[A-Z]{2,3}-[A-Z]{2,3}-\d{1,2}$/, "must be a data centre, such as EU-RO-1"),
  gigabytes: Gigabytes,
});
export type CreateVolume = z.output<typeof CreateVolume>;

/** Volumes never shrink. */
export const GrowVolume = z.strictObject({ gigabytes: Gigabytes });
