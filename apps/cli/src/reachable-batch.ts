import type { BatchSpecInput, JsonObject, RunSpecInput } from "@loramill/contracts";
import type { CommandContext } from "./commands/context.ts";
import type { Connection } from "./connect.ts";
import { reachableSpec } from "./reachable-spec.ts";
import { uploadSources } from "./upload-sources.ts";

type Folder = NonNullable<BatchSpecInput["folders"]>[number];

/** The batch as the API can take it: one elsewhere is sent the pictures of its folders, and what its template names. */
export async function reachableBatch(
  batch: BatchSpecInput,
  connection: Connection,
  context: Pick<CommandContext, "json" | "out" | "err" | "interrupts">,
): Promise<BatchSpecInput> {
  const run = await reachableSpec(batch.run as unknown as RunSpecInput, connection, context);
  const sent = { ...batch, run: run as unknown as JsonObject };
  if (connection.mill || batch.folders === undefined) return sent;
  const folders: Folder[] = [];
  for (const folder of batch.folders) {
    const alone: RunSpecInput = { name: "folder", dataset: { sources: [folder.source] } };
    const uploaded = await uploadSources(alone, connection.client, context);
    folders.push({ ...folder, source: (uploaded.dataset?.sources[0] ?? folder.source) as Folder["source"] });
  }
  return { ...sent, folders };
}
