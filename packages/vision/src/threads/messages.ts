import { type ErrorRecord, PermanentError, TransientError, UserError } from "@loramill/contracts";

/** What a thread is asked; or told to end, with what it has begun and nothing else. */
export type Question = { readonly id: number; readonly request: unknown } | { readonly close: true };

/** What it answers, in the order of the questions. */
export type Reply =
  | { readonly id: number; readonly answer: unknown }
  | { readonly id: number; readonly error: ErrorRecord };

/** The error of the other thread, of the same class. */
export function errorOf(record: ErrorRecord): Error {
  const options = { code: record.code, details: record.details };
  if (record.class === "user") return new UserError(record.message, options);
  if (record.class === "permanent") return new PermanentError(record.message, options);
  if (record.class === "transient") return new TransientError(record.message, options);
  return new Error(record.message);
}
