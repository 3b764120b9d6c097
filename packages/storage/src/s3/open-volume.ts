import { tmpdir } from "node:os";
import type { VolumeFiles } from "@loramill/contracts";

/** Where a network volume's files are reached through its provider's S3 API. */
export interface VolumePlace {
  readonly endpoint: string;
  readonly region: string;
  /** The volume's id. */
  readonly bucket: string;
  /** Folder on the volume that keys are below, without slashes at its ends. */
  readonly folder: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** What to look at when they are refused, such as the variables that they came from. */
  readonly credentialsAdvice: string;
  /** Size of one request of an upload, between 5 and 500 MB; default 64 MiB. */
  readonly partBytes?: number;
  /** Tries per request, the first included; default 10, as these services answer 502 now and then. */
  readonly attempts?: number;
}

/**
 * Opens a volume's files. Nothing is sent that such services may not know: no checksum headers, no bulk deletes, no conditional
 * writes. The S3 client is loaded with the first one.
 */
export async function openVolumeFiles(place: VolumePlace): Promise<VolumeFiles> {
  const { openS3Store } = await import("./s3-store.ts");
  const { endpoint, region, credentials, credentialsAdvice, partBytes = 64 * 1024 * 1024, attempts = 10 } = place;
  return openS3Store(
    { bucket: place.bucket, prefix: place.folder },
    {
      endpoint,
      publicEndpoint: null,
      region,
      credentials,
      credentialsAdvice,
      forcePathStyle: true,
      checksums: "when-required",
      contentMd5: false,
      allowHttp: false,
      partBytes,
      uploadConcurrency: 3,
      connectTimeoutMs: 5_000,
      idleTimeoutMs: 60_000,
      requestTimeoutMs: 300_000,
      attempts,
      spoolFolder: tmpdir(),
    },
  );
}
