import { existsSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { extname } from "node:path";
import { JsonObject, UserError } from "@loramill/contracts";
import { readProvenance, readProvenanceTexts } from "@loramill/imaging/provenance";
import { ApiError, type Client } from "@loramill/sdk";
import { readVideoTags } from "@loramill/video";
import type { CommandContext } from "./commands/context.ts";
import { hashFile } from "./hash-file.ts";

type Where = Pick<CommandContext, "config" | "interrupts">;

/** Larger pictures are found by their bytes alone. */
const MAX_PICTURE_BYTES = 256 * 1024 ** 2;
const CLIPS = [".mp4", ".mov", ".webm", ".mkv"];

/**
 * The id of a generation that is named by its id or its file: by the bytes of the file, else, where a program has encoded
 * it anew and kept what it tells of itself, by our record in it. UserError `generation-not-found`.
 */
export async function findGeneration(
  named: string,
  { generations }: Pick<Client, "generations">,
  where: Where,
): Promise<string> {
  if (!existsSync(named)) return named;
  const { signal } = where.interrupts;
  const sha256 = await hashFile(named, signal);
  const told = await readRecord(named, where);
  try {
    return (await generations.find({ sha256, ...(told.record === null ? {} : { record: told.record }) }, signal)).id;
  } catch (error) {
    if (!(error instanceof ApiError) || error.problem.code !== "generation-not-found") throw error;
    throw new UserError(`${named} is no generation of this server: ${told.otherwise}`, {
      code: "generation-not-found",
      cause: error,
    });
  }
}

interface Told {
  readonly record: JsonObject | null;
  /** What to tell where no generation has this record, or the bytes of the file. */
  readonly otherwise: string;
}

async function readRecord(path: string, { config, interrupts }: Where): Promise<Told> {
  if (CLIPS.includes(extname(path).toLowerCase())) {
    try {
      const tags = await readVideoTags({ at: path, name: path }, config, interrupts.signal);
      return toldBy(readProvenanceTexts(tags).record);
    } catch (error) {
      // The bytes may still be known.
      if (error instanceof UserError) return { record: null, otherwise: error.message };
      throw error;
    }
  }
  const { size } = await stat(path);
  if (size > MAX_PICTURE_BYTES) return { record: null, otherwise: "it is too large to be looked into" };
  return toldBy(readProvenance(await readFile(path)).record);
}

function toldBy(given: unknown): Told {
  const record = JsonObject.safeParse(given).data ?? null;
  const otherwise =
    record === null
      ? "it holds no record of one (drawn privately, saved by a program that drops it, or not made here)"
      : "none is known with its record";
  return { record, otherwise };
}
