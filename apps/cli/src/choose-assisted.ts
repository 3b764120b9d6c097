import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GenerateSpec, type JsonObject, type RecommendationRequestInput, UserError } from "@loramill/contracts";
import { renderExplanation } from "@loramill/intelligence";
import type { Client } from "@loramill/sdk";
import { parse, stringify } from "yaml";
import type { CommandContext } from "./commands/context.ts";

/**
 * Shows what is recommended for a prompt, lets it be edited as YAML, and answers what `generate` of a run spec takes.
 * UserError `no-editor` where nothing can be edited with, `bad-spec` for what was made of it.
 */
export async function chooseAssisted(
  request: RecommendationRequestInput,
  { client, accept, context }: { readonly client: Client; readonly accept: boolean; readonly context: CommandContext },
): Promise<JsonObject> {
  const { explanation, generate } = await client.intelligence.recommend(request);
  context.err.write(`${renderExplanation(explanation)}\n\n`);
  return accept ? generate : edit(generate, renderExplanation(explanation), context);
}

async function edit(
  generate: JsonObject,
  reasons: string,
  { config, interrupts }: CommandContext,
): Promise<JsonObject> {
  if (config.editor === null) {
    throw new UserError("EDITOR names no editor: set it, or take the recommendation as it is with --accept", {
      code: "no-editor",
    });
  }
  const folder = await mkdtemp(join(tmpdir(), "loramill-recommendation-"));
  const file = join(folder, "generate.yaml");
  try {
    await writeFile(file, `${asRemarks(reasons)}\n${stringify(generate)}`);
    await runEditor(config.editor, file, interrupts.signal);
    return read(await readFile(file, "utf8"));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const asRemarks = (text: string): string => text.replace(/^/gm, "# ");

/** Through the shell, since EDITOR may hold options, as in `code --wait`. */
async function runEditor(editor: string, file: string, signal: AbortSignal): Promise<void> {
  const child = spawn(`${editor} "${file}"`, { shell: true, stdio: "inherit", signal });
  const code = await new Promise<number | null>((resolve, reject) =>
    child.once("error", reject).once("close", resolve),
  );
  if (code !== 0) throw new UserError(`${editor} ended with ${code}: nothing was started`, { code: "editor-failed" });
}

function read(text: string): JsonObject {
  let value: unknown;
  try {
    value = parse(text);
  } catch (cause) {
    throw new UserError("what was edited is not YAML any more: nothing was started", { code: "bad-spec", cause });
  }
  const checked = GenerateSpec.safeParse(value);
  if (checked.success) return value as JsonObject;
  const [issue] = checked.error.issues;
  throw new UserError(`generate.${issue?.path.join(".")}: ${issue?.message}`, { code: "bad-spec" });
}
