import { UserError } from "@loramill/contracts";
import type { LoraDescription } from "@loramill/lora";
import { withConnection } from "../../connect.ts";
import type { CommandContext } from "../context.ts";
import type { InspectedFile } from "./describe-in-words.ts";
import type { InspectOptions } from "./inspect-options.ts";

/** A LoRA of the library as its file is described. The API reads the header alone; the hashes it knows. */
export function inspectStored(
  lora: string,
  { metadata, keys, hashes: isAsked, sizeLimit, project }: InspectOptions,
  context: CommandContext,
): Promise<InspectedFile> {
  if (sizeLimit !== undefined) {
    throw new UserError("--size-limit is for files; LORA_WARN_BYTES of the API is the library's", {
      code: "bad-option",
    });
  }
  return withConnection(context, async ({ client }) => {
    const { description, hashes, ...found } = await client.loras.inspect(lora, {
      metadata: metadata === true,
      keys: keys === true,
      project,
    });
    const known = Object.entries(hashes).flatMap(([name, hash]) => (hash === null ? [] : [[name, hash] as const]));
    return {
      file: `${found.lora.name}@${found.lora.version}`,
      // The same description, which went through JSON on its way.
      description: description as unknown as LoraDescription,
      ...(found.metadata === undefined ? {} : { metadata: found.metadata }),
      ...(found.keys === undefined ? {} : { keys: found.keys }),
      ...(isAsked ? { hashes: Object.fromEntries(known) } : {}),
    };
  });
}
