import { defineConfig, UserError } from "@loramill/contracts";
import { z } from "zod";

const GiB = 1024 ** 3;

/** How the files of RunPod's network volumes are reached: by an S3 API of their own, with keys of their own. */
export const volumeConfig = defineConfig(
  {
    RUNPOD_S3_URL: z
      .string()
      .regex(/^https?:\/\/[^\s]*\{region\}[^\s]*$/, "must be a URL with {region} in it")
      .default("https://s3api-{region}.runpod.io")
      .describe("S3 API of RunPod's network volumes; {region} is the data centre in small letters"),
    RUNPOD_S3_ACCESS_KEY_ID: z.string().min(1).optional().describe("S3 key of RunPod's console; begins with user_"),
    RUNPOD_S3_SECRET_ACCESS_KEY: z.string().min(1).optional().describe("Its secret; begins with rps_"),
    RUNPOD_VOLUME_FOLDER: z
      .string()
      .regex(/^[\w-][\w.-]*$/, "must be the name of one folder")
      .default("loramill-cache")
      .describe("Folder of a volume that sync fills; pods have it as AGENT_CACHE_DIR below the mount"),
    RUNPOD_VOLUME_CACHE_MAX_GIB: z.coerce
      .number()
      .min(1)
      .default(100)
      .describe("Most GiB of that folder; what was used longest ago goes first, and nothing that a pod uses"),
  },
  (env) => ({
    url: env.RUNPOD_S3_URL,
    credentials: credentialsOf(env.RUNPOD_S3_ACCESS_KEY_ID, env.RUNPOD_S3_SECRET_ACCESS_KEY),
    folder: env.RUNPOD_VOLUME_FOLDER,
    maxBytes: Math.floor(env.RUNPOD_VOLUME_CACHE_MAX_GIB * GiB),
  }),
);
export type VolumeOptions = ReturnType<typeof volumeConfig.options>;

function credentialsOf(accessKeyId: string | undefined, secretAccessKey: string | undefined) {
  if (accessKeyId === undefined && secretAccessKey === undefined) return null;
  if (accessKeyId !== undefined && secretAccessKey !== undefined) return { accessKeyId, secretAccessKey };
  const message = "RUNPOD_S3_ACCESS_KEY_ID and RUNPOD_S3_SECRET_ACCESS_KEY belong together: set both or neither";
  throw new UserError(message, { code: "bad-config" });
}

/** Data centres whose volumes have an S3 API. */
const REGIONS: ReadonlySet<string> = new Set(
  (
    "EU-CZ-1 EU-RO-1 EUR-IS-1 EUR-NO-1 US-CA-2 US-GA-2 US-IL-1 US-KS-2 US-MD-1 US-MO-1 US-MO-2 US-NC-1 US-NC-2 US-NE-1 " +
    "US-WA-1"
  ).split(" "),
);

/** Where a volume's files are reached; null where its data centre gives no access to them. */
export function volumeAddress(
  volume: { readonly id: string; readonly region: string },
  options: Pick<VolumeOptions, "url">,
): { readonly endpoint: string; readonly region: string; readonly bucket: string } | null {
  const region = volume.region.toUpperCase();
  if (!REGIONS.has(region)) return null;
  return { endpoint: options.url.replaceAll("{region}", region.toLowerCase()), region, bucket: volume.id };
}
