import { z } from "zod";
import { collectOutputs, type OutputFile } from "./outputs.ts";

/** What an `execution_error` says, as far as it helps. */
export interface ExecutionFailure {
  /** Id of the node in its graph. */
  readonly node: string;
  readonly nodeType: string;
  readonly exceptionType: string;
  readonly message: string;
  readonly traceback: readonly string[];
}

export type PromptEnd =
  | {
      readonly kind: "succeeded";
      readonly outputs: readonly OutputFile[];
      /** Seconds that it ran; null where the server does not say. */
      readonly seconds: number | null;
      /** Whether no node had to run, because the server remembered all of them: its files may be old or gone. */
      readonly isCached: boolean;
    }
  | { readonly kind: "failed"; readonly failure: ExecutionFailure; readonly seconds: number | null }
  | { readonly kind: "interrupted"; readonly seconds: number | null };

const Message = z.tuple([z.string(), z.looseObject({ timestamp: z.number().optional().catch(undefined) })]);
const Entry = z.looseObject({
  prompt: z.array(z.unknown()).catch([]),
  outputs: z.unknown().optional(),
  status: z
    .looseObject({
      status_str: z.string().catch(""),
      messages: z.array(z.unknown()).catch([]),
    })
    .nullish()
    .catch(null),
});
const Failure = z.looseObject({
  node_id: z.union([z.string(), z.number()]).transform(String).catch(""),
  node_type: z.string().catch("?"),
  exception_type: z.string().catch(""),
  exception_message: z.string().catch(""),
  traceback: z.array(z.string()).catch([]),
});
const Cached = z.looseObject({ nodes: z.array(z.string()) });

/** Reads an entry of the history: an interruption is an error there, told apart by its messages. */
export function readEnd(entry: unknown): PromptEnd {
  const read = Entry.safeParse(entry).data;
  const messages = (read?.status?.messages ?? []).flatMap((message) => {
    const parsed = Message.safeParse(message).data;
    return parsed === undefined ? [] : [parsed];
  });
  const find = (name: string) => messages.find(([event]) => event === name)?.[1];
  const start = find("execution_start")?.timestamp;
  const end = messages.at(-1)?.[1].timestamp;
  const seconds = start === undefined || end === undefined ? null : Math.max(0, (end - start) / 1000);
  if (find("execution_interrupted") !== undefined) return { kind: "interrupted", seconds };
  const error = find("execution_error");
  if (error !== undefined || read?.status?.status_str === "error") {
    const { node_id, node_type, exception_type, exception_message, traceback } = Failure.parse(error ?? {});
    const failure = {
      node: node_id,
      nodeType: node_type,
      exceptionType: exception_type,
      message: exception_message.trim(),
      traceback,
    };
    return { kind: "failed", failure, seconds };
  }
  const nodes = Object.keys(z.record(z.string(), z.unknown()).safeParse(read?.prompt[2]).data ?? {});
  const cached = Cached.safeParse(find("execution_cached")).data?.nodes ?? [];
  const isCached = nodes.length > 0 && nodes.every((node) => cached.includes(node));
  return { kind: "succeeded", outputs: collectOutputs(read?.outputs), seconds, isCached };
}
