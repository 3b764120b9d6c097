import { UserError } from "@loramill/contracts";
import { editMetadata, privateMetadata } from "@loramill/lora";
import { exitCodes } from "../../exit-codes.ts";
import { printable } from "../../format.ts";
import { type TensorFile, withTensorFile } from "../../tensor-file.ts";
import { refuseExisting } from "../../write-whole.ts";
import { type CommandContext, printJson, printLine } from "../context.ts";
import { checkExtension, copyToFile } from "./make-file.ts";

export interface MetadataOptions {
  readonly set?: readonly string[];
  readonly remove?: readonly string[];
  readonly private?: boolean;
  readonly output?: string;
  readonly inPlace?: boolean;
  readonly force?: boolean;
}

/** Shows a file's metadata, or writes the file with other metadata; its tensors stay as they are, byte for byte. */
export function metadataCommand(path: string, options: MetadataOptions, context: CommandContext): Promise<number> {
  return withTensorFile(path, async (file) => {
    const isEdit = Boolean(options.set?.length || options.remove?.length || options.private);
    const { metadata } = file.header;
    if (!isEdit) return show(Object.fromEntries(metadata), context);
    const output = await outputOf(file, options);
    const after = changed(metadata, options);
    await copyToFile(output, await editMetadata(file.source, () => after), context);
    const differs = (key: string) => metadata.get(key) !== after[key];
    const keys = [...new Set([...metadata.keys(), ...Object.keys(after)])].filter(differs).sort();
    if (context.json) printJson(context, { output, changed: keys, metadata: after });
    else {
      for (const key of keys) printLine(context, `${markOf(metadata.get(key), after[key])} ${printable(key)}`);
      printLine(
        context,
        `${output} (${keys.length} ${keys.length === 1 ? "entry" : "entries"} changed, tensors untouched)`,
      );
    }
    return exitCodes.ok;
  });
}

function show(metadata: Readonly<Record<string, string>>, context: CommandContext): number {
  if (context.json) printJson(context, metadata);
  for (const [key, text] of context.json ? [] : Object.entries(metadata)) {
    printLine(context, `${printable(key)} = ${printable(text)}`);
  }
  return exitCodes.ok;
}

async function outputOf({ path, isTorch }: TensorFile, options: MetadataOptions): Promise<string> {
  const { output, inPlace, force } = options;
  if ((output === undefined) === (inPlace !== true)) {
    throw new UserError("say where to: --output FILE, or --in-place for the file itself", { code: "bad-option" });
  }
  if (isTorch) throw new UserError(`${path} has no metadata to edit: convert it first`, { code: "bad-option" });
  if (output === undefined) return path;
  checkExtension(output);
  await refuseExisting(output, force);
  return output;
}

function changed(
  metadata: ReadonlyMap<string, string>,
  { set = [], remove = [], private: isPrivate }: MetadataOptions,
): Record<string, string> {
  const missing = remove.find((key) => !metadata.has(key));
  if (missing !== undefined) throw new UserError(`--remove ${missing}: there is no such entry`, { code: "bad-option" });
  const kept = isPrivate ? privateMetadata(metadata).kept : Object.fromEntries(metadata);
  const entries = Object.entries(kept).filter(([key]) => !remove.includes(key));
  return Object.fromEntries([...entries, ...set.map(readEntry)]);
}

function readEntry(text: string): [key: string, value: string] {
  const at = text.indexOf("=");
  if (at < 1) throw new UserError(`--set ${text}: expected key=value`, { code: "bad-option" });
  return [text.slice(0, at), text.slice(at + 1)];
}

function markOf(before: string | undefined, after: string | undefined): string {
  if (before === undefined) return "+";
  return after === undefined ? "-" : "~";
}
