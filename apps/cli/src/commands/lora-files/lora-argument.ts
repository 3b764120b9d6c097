import { type OperationInput, readAdapterOutlines } from "@loramill/lora";
import { aboutFile, type TensorFile, withTensorFiles } from "../../tensor-file.ts";

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
