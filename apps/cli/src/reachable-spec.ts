import type { RunSpecInput } from "@loramill/contracts";
import type { CommandContext } from "./commands/context.ts";
import type { Connection } from "./connect.ts";
import { uploadInputFiles } from "./input-files.ts";
import { importLoraPaths } from "./lora-paths.ts";
import { uploadSources } from "./upload-sources.ts";

/**
 * The spec as the API can take it. What generations start from is sent to any; an API elsewhere is sent the pictures of
 * the dataset too, which a mill of this machine reads where they are.
 */
export async function reachableSpec(
  spec: RunSpecInput,
  { client, mill }: Connection,
  context: Pick<CommandContext, "json" | "out" | "err" | "interrupts">,
): Promise<RunSpecInput> {
  const sent = mill ? spec : await uploadSources(spec, client, context);
  return importLoraPaths(await uploadInputFiles(sent, client, context), client, context);
}
