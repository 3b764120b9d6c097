import { type VolumeOptions, volumeAddress } from "@loramill/compute";
import { UserError, type VolumeFiles } from "@loramill/contracts";
import { openVolumeFiles } from "@loramill/storage";

/** Where worker-comfyui looks for LoRAs on the volume that its endpoint has. */
const FOLDER = "models/loras";

/**
 * The folder of LoRAs on the serverless endpoint's volume.
 * @throws UserError `bad-config` without keys for it, or where its data centre gives no access.
 */
export function endpointVolume(
  volume: { readonly id: string; readonly region: string },
  options: VolumeOptions,
): () => Promise<VolumeFiles> {
  const { credentials } = options;
  if (credentials === null) {
    const keys = "RUNPOD_S3_ACCESS_KEY_ID and RUNPOD_S3_SECRET_ACCESS_KEY";
    throw new UserError(`${keys}: set them where RUNPOD_SERVERLESS_VOLUME is set`, { code: "bad-config" });
  }
  const address = volumeAddress(volume, options);
  if (address === null) {
    const message = `RUNPOD_SERVERLESS_VOLUME: ${volume.region} gives no access to its volumes; set RUNPOD_SERVERLESS_LORAS=volume and lay LoRAs there by yourself`;
    throw new UserError(message, { code: "bad-config" });
  }
  const credentialsAdvice = "RUNPOD_S3_ACCESS_KEY_ID, RUNPOD_S3_SECRET_ACCESS_KEY and RUNPOD_SERVERLESS_VOLUME";
  return () => openVolumeFiles({ ...address, folder: FOLDER, credentials, credentialsAdvice });
}
