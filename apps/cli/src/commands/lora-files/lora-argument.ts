import { type LoraInput, UserError } from "@loramill/contracts";
import { type OperationInput, readAdapterOutlines } from "@loramill/lora";
import { aboutFile, type TensorFile, withTensorFiles } from "../../tensor-file.ts";
import { namesFile } from "./file-or-library.ts";

/** `dog.safetensors`, `dog.safetensors:0.8` or `dog.safetensors:0.8:INS`, taken apart. */
export interface LoraArgument {
  readonly path: string;
  readonly use: Pick<OperationInput, "weight" | "blocks">;
}

/** What follows a path is a weight only when it is a number: paths may hold colons. */
const ARGUMENT = /^(?<path>.+?)(?::(?<weight>[+-]?(?:\d+\.?\d*|\.\d+))(?::(?<blocks>[^:]+))?)?$/s;

export function readLoraArgument(text: string): LoraArgument {
  const { path = text, weight = "1", blocks } = ARGUMENT.exec(text)?.groups ?? {};
  return { path, use: { weight: Number(weight), ...(blocks === undefined ? {} : { blocks }) } };
}

/**
 * Arguments that name LoRAs of the library, as a run takes them; null where they are files. Throws UserError `bad-option`
 * where some are this and some that.
 */
export async function readLibraryLoras(loras: readonly string[]): Promise<LoraInput[] | null> {
  const named = loras.map(readLoraArgument);
  const isFile = await Promise.all(named.map(({ path }) => namesFile(path)));
  const [file, stored] = [isFile.indexOf(true), isFile.indexOf(false)];
  if (stored < 0) return null;
  if (file < 0) return named.map(({ path: lora, use }) => ({ lora, ...use }));
  throw new UserError(
    `${named[file]?.path} is a file and ${named[stored]?.path} a LoRA of the library: import the file, or download the LoRA`,
    { code: "bad-option" },
  );
}

/** Opens what arguments name, as tools take it. Throws UserError with the name of the file that is no LoRA. */
export function withLoras<T>(
  loras: readonly string[],
  work: (inputs: readonly (OperationInput & TensorFile)[]) => Promise<T>,
): Promise<T> {
  const named = loras.map(readLoraArgument);
  return withTensorFiles(
    named.map(({ path }) => path),
    async (files) => {
      for (const { path, header } of files) await aboutFile(path, () => readAdapterOutlines(header));
      return work(files.map((file, at) => ({ ...file, weight: 1, ...named[at]?.use })));
    },
  );
}
