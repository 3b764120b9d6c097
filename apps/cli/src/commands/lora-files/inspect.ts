import { basename } from "node:path";
import { UserError } from "@loramill/contracts";
import { describeLora, fileHashes } from "@loramill/lora";
import { ApiError } from "@loramill/sdk";
import { exitCodes } from "../../exit-codes.ts";
import { formatBytes, formatTable, printable } from "../../format.ts";
import { aboutFile, type TensorFile, withTensorFile } from "../../tensor-file.ts";
import { type CommandContext, printJson, printLine } from "../context.ts";
import { describeInWords, type InspectedFile, keysInWords, shownFamily, shownRanks } from "./describe-in-words.ts";
import { namesFile } from "./file-or-library.ts";
import type { InspectOptions } from "./inspect-options.ts";
import { inspectStored } from "./inspect-stored.ts";

/** A file that cannot be read does not hide the others; with one of them it exits with 1. */
type Answer = InspectedFile | { readonly file: string; readonly error: string };

/**
 * One file in full, several as a table. Only headers are read, and with `hashes` the whole files. What is no file is a LoRA of
 * the library, of which the API reads the header.
 */
export async function inspectCommand(
  paths: readonly string[],
  options: InspectOptions,
  context: CommandContext,
): Promise<number> {
  const answers: Answer[] = [];
  for (const path of paths) {
    context.interrupts.signal.throwIfAborted();
    const answer = (await namesFile(path))
      ? withTensorFile(path, (file) => inspect(file, options))
      : inspectStored(path, options, context);
    answers.push(await (paths.length === 1 ? answer : answer.catch((error: unknown) => refused(path, error))));
  }
  const isWhole = answers.every((answer) => "description" in answer);
  if (context.json) printJson(context, { files: answers });
  else if (answers.length > 1) printLine(context, tableOf(answers));
  for (const answer of context.json ? [] : answers) {
    if (!("description" in answer)) context.err.write(`${printable(answer.error)}\n`);
    else if (answers.length === 1) printLine(context, describeInWords(answer));
    else if (answer.keys !== undefined || answer.metadata !== undefined || answer.hashes !== undefined) {
      printLine(context, `\n${answer.file}\n${keysInWords(answer)}`);
    }
  }
  return isWhole ? exitCodes.ok : exitCodes.failed;
}

function inspect(file: TensorFile, options: InspectOptions): Promise<InspectedFile> {
  const { path, bytes, header, source, isTorch } = file;
  return aboutFile(path, async () => {
    if (isTorch && options.hashes) {
      throw new UserError("hashes are over the bytes of safetensors files: convert it first", { code: "bad-option" });
    }
    const limit = options.sizeLimit === undefined ? {} : { sizeLimitBytes: options.sizeLimit * 1e6 };
    const fileName = basename(path);
    const keys = [...header.tensors.values()].map(({ name, dtype, shape }) => ({ name, dtype, shape }));
    return {
      file: path,
      description: { ...describeLora(header, { ...limit, fileName }), bytes },
      ...(options.metadata ? { metadata: Object.fromEntries(header.metadata) } : {}),
      ...(options.keys ? { keys } : {}),
      ...(options.hashes ? { hashes: { ...(await fileHashes(source)) } } : {}),
    };
  });
}

function refused(file: string, error: unknown): Answer {
  if (!(error instanceof UserError) && !(error instanceof ApiError)) throw error;
  return { file, error: error.message };
}

function tableOf(answers: readonly Answer[]): string {
  const rows = answers.flatMap((answer) => {
    if (!("description" in answer)) return [];
    const { description } = answer;
    return [
      [
        printable(answer.file),
        shownFamily(description),
        description.dialect ?? "",
        `${description.modules}`,
        shownRanks(description),
        Object.keys(description.dtypes).join(" "),
        formatBytes(description.bytes),
        printable(description.triggerWords[0]?.word ?? ""),
      ],
    ];
  });
  return formatTable(["file", "family", "dialect", "modules", "rank", "dtype", "size", "trigger"], rows);
}
