import { openAsBlob } from "node:fs";
import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { type Json, type RunSpecInput, UserError } from "@loramill/contracts";
import type { Client } from "@loramill/sdk";
import type { CommandContext } from "./commands/context.ts";

type Generate = NonNullable<RunSpecInput["generate"]>;

/** Whether a LoRA is named by a file of this machine; names of the library have no such ending. */
export const isLoraPath = (name: string): boolean => /\.(safetensors|pt|pth|bin|ckpt)$/i.test(name);

/** A copy of what a spec generates in which LoRAs that are named by a path are called another. Nothing of it was checked. */
export function mapLoraPaths<T extends Generate>(generate: T, map: (path: string) => string): T {
  const { lora, request } = generate;
  const renamed = (name: unknown) => (typeof name === "string" && isLoraPath(name) ? map(name) : name);
  const uses: Json | undefined =
    request !== undefined && request !== null ? (request as { loras?: Json }).loras : undefined;
  return {
    ...generate,
    ...(lora === undefined ? {} : { lora: renamed(lora) }),
    ...(Array.isArray(uses) ? { request: { ...request, loras: uses.map((use) => renamedUse(use, renamed)) } } : {}),
  };
}

function renamedUse(use: Json, renamed: (name: unknown) => unknown): Json {
  if (typeof use !== "object" || use === null || Array.isArray(use) || use.lora === undefined) return use;
  return { ...use, lora: renamed(use.lora) } as Json;
}

/** Puts LoRA files that a spec names into the library, which takes the same bytes once, and names them by their ids. */
export async function importLoraPaths(
  spec: RunSpecInput,
  client: Client,
  context: Pick<CommandContext, "err" | "interrupts">,
): Promise<RunSpecInput> {
  if (spec.generate === undefined) return spec;
  const ids = new Map<string, string>();
  mapLoraPaths(spec.generate, (path) => {
    ids.set(path, "");
    return path;
  });
  for (const path of ids.keys()) {
    const found = await stat(path).catch(() => null);
    if (found === null || !found.isFile()) {
      throw new UserError(`generate.lora: there is no file ${path}`, { code: "input-missing" });
    }
    const upload = { fileName: basename(path), body: await openAsBlob(path) };
    const project = spec.project === undefined ? {} : { project: spec.project };
    const { lora, isNew, warnings } = await client.loras.import({ ...upload, ...project }, context.interrupts.signal);
    if (isNew) context.err.write(`imported ${path} as ${lora.name}@${lora.version}\n`);
    for (const warning of warnings) context.err.write(`warning: ${path}: ${warning}\n`);
    ids.set(path, lora.id);
  }
  return { ...spec, generate: mapLoraPaths(spec.generate, (path) => ids.get(path) ?? path) };
}
