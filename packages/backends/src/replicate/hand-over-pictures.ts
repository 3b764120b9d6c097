import {
  type BackendContext,
  checkpointsOfJob,
  type Stores,
  type TrainingRequest,
  UserError,
} from "@loramill/contracts";
import { exportFiles, packFiles } from "@loramill/datasets";
import type { Trainings } from "./trainings.ts";

/** An archive is read once, by a trainer that may wait for a machine. */
const SIGNED_SECONDS = 24 * 3600;

/** The set as a zip where the trainer can read it: uploaded, or in our store when it is too large for that. */
export async function handOverPictures(
  request: TrainingRequest,
  { job, signal }: Pick<BackendContext, "job" | "signal">,
  {
    stores,
    trainings,
    maxUploadBytes,
  }: {
    readonly stores: Stores;
    readonly trainings: Pick<Trainings, "upload">;
    /** Larger sets are handed over by an address of the object store. */
    readonly maxUploadBytes: number;
  },
): Promise<string> {
  const items = request.images.map(({ image, width, height, caption }, at) => {
    const path = `${String(at).padStart(6, "0")}.${image.mediaType.replace(/^image\//, "")}`;
    return { path, blob: image, width, height, caption, repeats: 1 };
  });
  const settings = { name: request.name, className: null, resolution: request.recipe.resolution, buckets: true };
  const { files } = exportFiles("replicate", items, settings);
  const open = async function* (blob: { readonly sha256: string }) {
    yield* (await stores.blobs.open(blob, { signal })).body;
  };
  const bytes = items.reduce((sum, { blob }) => sum + blob.bytes, 0);
  if (bytes <= maxUploadBytes) {
    const zip = Buffer.concat(await Array.fromAsync(packFiles("zip", files, { open, signal })));
    return trainings.upload(zip, "dataset.zip", signal);
  }
  const key = `${checkpointsOfJob(job)}dataset.zip`;
  await stores.objects.put(key, packFiles("zip", files, { open, signal }), {
    contentType: "application/zip",
    signal,
  });
  const address = await stores.objects.presign(key, { method: "GET", expiresSeconds: SIGNED_SECONDS });
  if (address !== null) return address;
  const megabytes = [bytes, maxUploadBytes].map((size) => Math.ceil(size / 1024 ** 2));
  throw new UserError(
    `The pictures have ${megabytes[0]} MiB, more than the ${megabytes[1]} MiB that Replicate takes as a file: use S3 or set PUBLIC_URL, or prepare them smaller`,
    { code: "dataset-too-large", details: { bytes } },
  );
}
