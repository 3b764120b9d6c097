import type { ErrorRecord } from "@loramill/contracts";
import type { ModuleAnswer, ModuleOperation, ModuleRequest } from "./module-work.ts";

/** What a thread is asked, one at a time; or told to end when it has answered. */
export type Question =
  | { readonly operation: ModuleOperation; readonly request: ModuleRequest<ModuleOperation> }
  | "close";

export type Reply = { readonly answer: ModuleAnswer<ModuleOperation> } | { readonly error: ErrorRecord };
