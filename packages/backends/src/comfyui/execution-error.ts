import { PermanentError, TransientError, type UserError } from "@loramill/contracts";
import type { ExecutionFailure } from "./prompt-end.ts";

/** Exceptions of torch and of the operating system for memory that is not there, by type or, from old drivers, by words. */
const OUT_OF_MEMORY = /OutOfMemory|MemoryError/i;
const OUT_OF_MEMORY_SAID = /out of memory|allocation on device|CUBLAS_STATUS_ALLOC_FAILED|not enough memory/i;
const MAX_SHOWN = 400;

/** What a failure inside of a node means, in one of the three classes. */
export function errorOfExecution(
  failure: ExecutionFailure,
  server: string,
): UserError | TransientError | PermanentError {
  const { nodeType, exceptionType, message } = failure;
  const type = exceptionType.split(".").at(-1) ?? exceptionType;
  const said = `${type}: ${message.slice(0, MAX_SHOWN)}`;
  const details = { node: nodeType, exception: exceptionType };
  if (OUT_OF_MEMORY.test(exceptionType) || OUT_OF_MEMORY_SAID.test(message)) {
    return new TransientError(`ComfyUI at ${server} ran out of memory in ${nodeType} (${said})`, {
      code: "out-of-memory",
      details,
    });
  }
  if (/^(?:FileNotFoundError|IsADirectoryError|PermissionError)$/.test(type)) {
    return new PermanentError(
      `ComfyUI at ${server} misses a file in ${nodeType} (${said}): look at its model folders`,
      {
        code: "execution-failed",
        details,
      },
    );
  }
  if (/^(?:ConnectionError|TimeoutError|OSError|URLError|HTTPError)$/.test(type)) {
    return new TransientError(`ComfyUI at ${server} failed in ${nodeType} (${said})`, {
      code: "execution-failed",
      details,
    });
  }
  return new PermanentError(`ComfyUI at ${server} failed in ${nodeType} (${said}): its log has the whole trace`, {
    code: "execution-failed",
    details,
  });
}
