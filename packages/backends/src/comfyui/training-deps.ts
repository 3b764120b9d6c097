import { type Clock, type KnownModel, PermanentError, type Stores } from "@loramill/contracts";
import type { Records } from "../job-records.ts";
import type { ComfyUiClient } from "./client.ts";
import type { ComfyUiOptions } from "./comfyui-config.ts";
import type { ComfyUiRecord } from "./training-record.ts";
import type { TrainingWatches } from "./training-watch.ts";

/** How long a server may take to let go of a prompt, in milliseconds; it looks between nodes and steps only. */
export const CANCEL_TIMEOUT_MS = 3_500;

/** What the turns of a training share. */
export interface TrainingDeps {
  readonly options: ComfyUiOptions;
  readonly stores: Stores;
  readonly clock: Clock;
  readonly clients: readonly ComfyUiClient[];
  readonly records: Records<ComfyUiRecord>;
  readonly watches: TrainingWatches;
  readonly models: () => Promise<readonly KnownModel[]>;
}

/** PermanentError `server-not-configured` when the server that has the training was taken out of the configuration. */
export function clientOf({ server }: ComfyUiRecord, clients: readonly ComfyUiClient[]): ComfyUiClient {
  const found = clients.find(({ name }) => name === server);
  if (found !== undefined) return found;
  throw new PermanentError(
    `The training is on the ComfyUI server ${server}, which is not configured any more: add it to COMFYUI_API_URL again`,
    { code: "server-not-configured" },
  );
}
