import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { UserError } from "@loramill/contracts";

/** Variables by name; an empty value counts as not set. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Names that other tools use for the same thing; ours wins when both are set. */
export const aliases: Readonly<Record<string, readonly string[]>> = { HUGGINGFACE_TOKEN: ["HF_TOKEN"] };

/** Files of settings, the later ones over the earlier ones; the environment of the process is over all of them. */
const FILES = [".env", ".env.local"];

/**
 * What is set for this process: its environment, over `.env.local`, over `.env` of the folder. Files that are not there
 * are skipped; one that cannot be read is a UserError `bad-config`.
 */
export function readEnvironment(given: { readonly env: Environment; readonly folder: string }): Environment {
  const merged: Record<string, string> = {};
  for (const layer of [...FILES.map((name) => readLayer(join(given.folder, name))), given.env]) {
    for (const [variable, value] of Object.entries(layer))
      if (value !== undefined && value !== "") merged[variable] = value;
  }
  for (const [variable, others] of Object.entries(aliases)) {
    const other = others.map((name) => merged[name]).find((value) => value !== undefined);
    if (merged[variable] === undefined && other !== undefined) merged[variable] = other;
  }
  return merged;
}

function readLayer(path: string): Environment {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return {};
    throw new UserError(`${path} is there and cannot be read: check its permissions`, {
      code: "bad-config",
      cause: error,
    });
  }
  return parseEnv(text);
}
