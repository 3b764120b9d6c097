import { openAsBlob } from "node:fs";
import { basename, dirname } from "node:path";
import { type LoraImported, UserError } from "@loramill/contracts";
import { pairFiles } from "@loramill/lora";
import { ApiError, type LoraUpload } from "@loramill/sdk";
import { withConnection } from "../connect.ts";
import { exitCodes } from "../exit-codes.ts";
import { expandLoraPaths } from "../find-lora-files.ts";
import { lookAtLoraFile } from "../look-at-lora-file.ts";
import { type CommandContext, printJson, printLine } from "./context.ts";

export interface LoraImportOptions {
  readonly high?: string;
  readonly low?: string;
  readonly name?: string;
  readonly tag?: readonly string[];
  readonly trigger?: readonly string[];
  readonly family?: string;
  readonly notes?: string;
  readonly origin?: string;
  readonly cover?: string;
  readonly project?: string;
}

/** Statuses that say something of one file; others would meet the next one too. */
const ABOUT_THE_FILE: readonly number[] = [400, 413, 422];

/**
 * Imports LoRAs one by one, a pair of files for high and for low noise as one; one that is refused does not keep the others
 * out, and makes the exit code 1.
 */
export async function loraImportCommand(
  paths: readonly string[],
  options: LoraImportOptions,
  context: CommandContext,
): Promise<number> {
  const { high, low, tag, trigger, cover, ...fields } = options;
  const given = filesOf({ high, low });
  if (paths.length === 0 && given.length === 0) {
    throw new UserError("name the files or folders to import, or --high and --low", { code: "bad-option" });
  }
  const loras = [...(given.length === 0 ? [] : [given]), ...(await findPairs(await expandLoraPaths(paths)))];
  const upload: Omit<LoraUpload, "fileName" | "body"> = {
    ...fields,
    ...(tag === undefined ? {} : { tags: tag }),
    ...(trigger === undefined ? {} : { triggerWords: trigger }),
    ...(cover === undefined ? {} : { cover: await openPicture(cover) }),
  };
  const imported: (LoraImported & { readonly file: string })[] = [];
  const refused: { readonly file: string; readonly code: string; readonly message: string }[] = [];
  await withConnection(context, async ({ client }) => {
    for (const files of loras) {
      const file = files.map(({ path }) => path).join(" and ");
      try {
        const [first, partner] = await Promise.all(files.map(openFile));
        const answer = await client.loras.import(
          { ...upload, ...(first as NamedFile), ...(partner === undefined ? {} : { partner }) },
          context.interrupts.signal,
        );
        imported.push({ file, ...answer });
        if (!context.json) printImported(files, answer, context);
      } catch (error) {
        if (!(error instanceof ApiError) || !ABOUT_THE_FILE.includes(error.problem.status)) throw error;
        refused.push({ file, code: error.problem.code, message: error.message });
        if (!context.json) context.err.write(`refused: ${error.message}\n`);
      }
    }
  });
  if (context.json) printJson(context, { imported, refused });
  return refused.length === 0 ? exitCodes.ok : exitCodes.failed;
}

type NamedFile = Pick<LoraUpload, "fileName" | "body" | "role">;
type GivenFile = { readonly path: string; readonly role?: "high" | "low" };

/** The files that options say the role of. */
const filesOf = (given: { readonly high: string | undefined; readonly low: string | undefined }): GivenFile[] =>
  (["high", "low"] as const).flatMap((role) => {
    const path = given[role];
    return path === undefined ? [] : [{ path, role }];
  });

/** Files of Wan 2.2 whose names in one folder differ in high and low alone belong together. */
async function findPairs(paths: readonly string[]): Promise<GivenFile[][]> {
  const folders = new Map<string, string[]>();
  for (const path of paths) folders.set(dirname(path), [...(folders.get(dirname(path)) ?? []), path]);
  const found = [...folders.values()].flatMap((files) => pairFiles(files, (path) => basename(path)));
  const isWan = async (path: string) => {
    const look = await lookAtLoraFile(path, Number.POSITIVE_INFINITY);
    return look.isReadable && look.family === "wan22";
  };
  const loras: GivenFile[][] = [];
  for (const files of found) {
    const areHalves = files.length === 2 && (await Promise.all(files.map(isWan))).every(Boolean);
    if (areHalves) loras.push(files.map((path) => ({ path })));
    else loras.push(...files.map((path) => [{ path }]));
  }
  return loras;
}

async function openFile({ path, role }: GivenFile): Promise<NamedFile> {
  const body = await openAsBlob(path).catch((error: unknown) => {
    throw new UserError(`${path}: no such file`, { code: "no-such-file", cause: error });
  });
  return { fileName: basename(path), body, ...(role === undefined ? {} : { role }) };
}

/** A picture of this machine for a form. UserError `picture-missing`. */
export async function openPicture(path: string): Promise<{ readonly fileName: string; readonly body: Blob }> {
  const body = await openAsBlob(path).catch((error: unknown) => {
    throw new UserError(`${path}: no such file`, { code: "picture-missing", cause: error });
  });
  return { fileName: basename(path), body };
}

function printImported(
  files: readonly GivenFile[],
  { lora, isNew, warnings }: LoraImported,
  context: CommandContext,
): void {
  const { name, version, family, familyFrom, rank, triggerWords, weights } = lora;
  const facts = [
    familyFrom === null ? "family unknown" : `${family} (by ${familyFrom})`,
    ...(weights.length > 1 ? ["files for high and for low noise"] : []),
    ...(rank === null ? [] : [`rank ${rank}`]),
    ...(triggerWords.length > 0 ? [`trigger ${triggerWords.join(", ")}`] : []),
  ];
  const names = files.map(({ path }) => basename(path)).join(" and ");
  const verb = isNew ? "imported" : "was there already";
  printLine(context, `${name}@${version}  ${verb} (${names}): ${facts.join(", ")}`);
  for (const warning of warnings) printLine(context, `  look at this: ${warning}`);
}
