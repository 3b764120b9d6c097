import { type LoraRole, networkOf, UserError } from "@loramill/contracts";
import { expertOf } from "@loramill/lora";
import type { ReadLoraFile } from "./read-lora-file.ts";

/** A file as the client calls it, stored and looked at. */
export interface FileToImport {
  readonly fileName: string;
  readonly file: ReadLoraFile;
  /** What the client says it is for; null where the name is to tell. */
  readonly given: "high" | "low" | null;
}

/** One file of a LoRA, with what its name says. */
export interface ArrangedFile extends FileToImport {
  readonly role: LoraRole;
  /** What the files of the pair are called without the word that tells them apart; else the file's name. */
  readonly common: string;
  /** What the other file of a pair is called; null for a file that belongs to none. */
  readonly partner: string | null;
}

/** What each file is for, high noise first. Throws UserError `no-pair` where they are not the halves of one pair. */
export function arrangeFiles(files: readonly FileToImport[]): readonly [ArrangedFile, ...ArrangedFile[]] {
  const [first, second, ...others] = files.map(arrange);
  if (first === undefined || others.length > 0) throw noPair(files, "a LoRA is one file, or two");
  if (second === undefined) return [first];
  if (first.role === "both" || second.role === "both") throw noPair(files, "their names do not say high and low");
  if (first.role === second.role) throw noPair(files, `both are for ${first.role} noise`);
  const isGiven = first.given !== null && second.given !== null;
  if (!isGiven && first.partner !== second.fileName)
    throw noPair(files, "their names differ in more than high and low");
  const [one, other] = [first, second].map(({ file }) => file.description);
  if (one?.dialect !== other?.dialect) throw noPair(files, "their keys are spelt in different ways");
  if (networkOf(one?.family?.family ?? "") !== networkOf(other?.family?.family ?? ""))
    throw noPair(files, "they are for different models");
  return first.role === "high" ? [first, second] : [second, first];
}

function arrange({ fileName, file, given }: FileToImport): ArrangedFile {
  const { family } = file.description;
  const pair = family === null ? null : expertOf(family, fileName);
  const said = { fileName, file, given, common: pair?.common ?? fileName, partner: pair?.partner ?? null };
  if (given !== null) {
    if (family !== null && networkOf(family.family) === "wan") return { ...said, role: given };
    const found = family === null ? "nothing tells what it is for" : `it is for ${family.family}`;
    throw new UserError(`${fileName}: only Wan 2.2 14B has files for ${given} noise, and ${found}`, {
      code: "no-pair",
    });
  }
  if (pair === null || family?.family !== "wan22") return { ...said, role: "both", common: fileName, partner: null };
  return { ...said, role: pair.noise };
}

function noPair(files: readonly FileToImport[], because: string): UserError {
  const names = files.map(({ fileName }) => fileName).join(" and ");
  return new UserError(
    `${names} are no pair for high and low noise: ${because}; import them one by one, or say which is which`,
    {
      code: "no-pair",
    },
  );
}
