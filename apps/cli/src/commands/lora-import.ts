import { openAsBlob } from "node:fs";
import { basename } from "node:path";
import { type LoraImported, UserError } from "@loramill/contracts";
import { ApiError, type LoraUpload } from "@loramill/sdk";
import { withConnection } from "../connect.ts";
import { exitCodes } from "../exit-codes.ts";
import { expandLoraPaths } from "../find-lora-files.ts";
import { type CommandContext, printJson, printLine } from "./context.ts";

export interface LoraImportOptions {
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

/** Imports files one by one; one that is refused does not keep the others out, and makes the exit code 1. */
export async function loraImportCommand(
  paths: readonly string[],
  options: LoraImportOptions,
  context: CommandContext,
): Promise<number> {
  const files = await expandLoraPaths(paths);
  const { tag, trigger, cover, ...fields } = options;
  const upload: Omit<LoraUpload, "fileName" | "body"> = {
    ...fields,
    ...(tag === undefined ? {} : { tags: tag }),
    ...(trigger === undefined ? {} : { triggerWords: trigger }),
    ...(cover === undefined ? {} : { cover: await openPicture(cover) }),
  };
  const imported: (LoraImported & { readonly file: string })[] = [];
  const refused: { readonly file: string; readonly code: string; readonly message: string }[] = [];
  await withConnection(context, async ({ client }) => {
    for (const file of files) {
      try {
        const body = await openAsBlob(file);
        const answer = await client.loras.import(
          { ...upload, fileName: basename(file), body },
          context.interrupts.signal,
        );
        imported.push({ file, ...answer });
        if (!context.json) printImported(file, answer, context);
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

/** A picture of this machine for a form. UserError `picture-missing`. */
export async function openPicture(path: string): Promise<{ readonly fileName: string; readonly body: Blob }> {
  const body = await openAsBlob(path).catch((error: unknown) => {
    throw new UserError(`${path}: no such file`, { code: "picture-missing", cause: error });
  });
  return { fileName: basename(path), body };
}

function printImported(file: string, { lora, isNew, warnings }: LoraImported, context: CommandContext): void {
  const { name, version, family, familyFrom, rank, triggerWords } = lora;
  const facts = [
    familyFrom === null ? "family unknown" : `${family} (by ${familyFrom})`,
    ...(rank === null ? [] : [`rank ${rank}`]),
    ...(triggerWords.length > 0 ? [`trigger ${triggerWords.join(", ")}`] : []),
  ];
  const verb = isNew ? "imported" : "was there already";
  printLine(context, `${name}@${version}  ${verb} (${basename(file)}): ${facts.join(", ")}`);
  for (const warning of warnings) printLine(context, `  look at this: ${warning}`);
}
