import { PermanentError, TransientError, toErrorRecord, UserError } from "@loramill/contracts";

/**
 * The error of a turn of something that somebody has to look after for as long as it is there: what cannot be done now is tried
 * again, whoever has to mend it.
 */
export function lasting(error: unknown): unknown {
  if (!(error instanceof UserError || error instanceof PermanentError)) return error;
  const { code, message } = toErrorRecord(error);
  return new TransientError(message, { code, cause: error });
}
