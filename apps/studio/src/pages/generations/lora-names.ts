import type { AppliedLora } from "@loramill/contracts";
import { ApiError, type Client } from "@loramill/sdk";

/** What the library calls the LoRAs that were applied, as `name@version`; those that it does not hold any more are missing. */
export async function loraNames(
  client: Client,
  loras: readonly Pick<AppliedLora, "sha256">[],
  { project, signal }: { readonly project: string; readonly signal?: AbortSignal },
): Promise<ReadonlyMap<string, string>> {
  const names = new Map<string, string>();
  for (const { sha256 } of loras) {
    try {
      const { name, version } = await client.loras.get(sha256, { project, signal });
      names.set(sha256, `${name}@${version}`);
    } catch (error) {
      if (!(error instanceof ApiError && error.problem.status === 404)) throw error;
    }
  }
  return names;
}
