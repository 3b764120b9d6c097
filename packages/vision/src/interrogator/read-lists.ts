import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { type InterrogationLists, ownLists } from "@loramill/captioning";
import { PermanentError } from "@loramill/contracts";

const MAX_FILE_BYTES = 16 * 2 ** 20;
const MAX_PHRASE = 200;

/**
 * The lists of a folder, one phrase a line; our own in the place of files that are not there. Throws PermanentError
 * `bad-interrogator-lists` for a folder without any of them.
 */
export async function readLists(folder: string): Promise<InterrogationLists> {
  const names = Object.keys(ownLists) as (keyof InterrogationLists)[];
  const read = await Promise.all(
    names.map(async (name) => [name, await readList(join(folder, `${name}.txt`))] as const),
  );
  const found = read.filter(([, phrases]) => phrases !== null);
  if (found.length === 0) throw bad(`${folder} has no ${names.map((name) => `${name}.txt`).join(", no ")}`);
  return { ...ownLists, ...Object.fromEntries(found) };
}

/** Null where there is no such file. */
async function readList(path: string): Promise<string[] | null> {
  const found = await stat(path).catch(() => null);
  if (found === null) return null;
  if (found.size > MAX_FILE_BYTES) throw bad(`${path} is larger than ${MAX_FILE_BYTES / 2 ** 20} MiB`);
  const phrases = (await readFile(path, "utf8"))
    .replace(/^\uFEFF/, "")
    .split(/\r?\n/)
    .map((line) => line.trim());
  const long = phrases.findIndex((phrase) => phrase.length > MAX_PHRASE);
  if (long >= 0) throw bad(`line ${long + 1} of ${path} is longer than ${MAX_PHRASE} characters`);
  return [...new Set(phrases.filter((phrase) => phrase !== ""))];
}

const bad = (why: string) => new PermanentError(`INTERROGATOR_LISTS: ${why}`, { code: "bad-interrogator-lists" });
