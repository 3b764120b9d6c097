import type { ErrorRecord } from "@loramill/contracts";

/** What a thread is asked; or told to end, with what it has begun and nothing else. */
export type Question = { readonly id: number; readonly request: unknown } | { readonly close: true };

/** What it answers, in the order of the questions. */
export type Reply =
  | { readonly id: number; readonly answer: unknown }
  | { readonly id: number; readonly error: ErrorRecord };
