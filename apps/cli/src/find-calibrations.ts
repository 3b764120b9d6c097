import type { EstimateCalibration } from "@loramill/contracts";
import { UnreachableError } from "@loramill/sdk";
import type { CommandContext } from "./commands/context.ts";
import { withConnection } from "./connect.ts";
import { findMill } from "./mill-process.ts";

/**
 * What the API, or the mill of this machine, knows of the error of estimates; null where none answers. An estimate needs no
 * mill, so none is started for it.
 */
export async function findCalibrations(context: CommandContext): Promise<readonly EstimateCalibration[] | null> {
  if (!context.config.url && (await findMill(context.config.dataDir)) === null) return null;
  try {
    return await withConnection(context, async ({ client }) => (await client.calibrations()).items);
  } catch (error) {
    if (error instanceof UnreachableError) return null;
    throw error;
  }
}
