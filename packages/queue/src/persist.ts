import { type JsonObject, type Logger, PermanentError, UserError } from "@loramill/contracts";
import { sleep } from "./deadline.ts";
import { errorText } from "./error-text.ts";

const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 5_000;

/** The catalog did not take it before the turn had to let go of it. */
export class Abandoned extends Error {}

/**
 * Repeats a call to the catalog, with growing and jittered pauses, until it is answered. Throws `Abandoned` when
 * `letGo` aborts first, and at once what the catalog refuses for good (see `isRefusal`).
 */
export async function persist<T>(
  call: () => Promise<T>,
  options: {
    readonly letGo: AbortSignal;
    readonly random: () => number;
    readonly log: Logger;
    readonly about: JsonObject;
  },
): Promise<T> {
  for (let failures = 0; ; failures += 1) {
    try {
      return await call();
    } catch (error) {
      if (isRefusal(error)) throw error;
      if (failures === 0)
        options.log.warn({ ...options.about, error: errorText(error) }, "the catalog is away; trying again");
      if (options.letGo.aborted) throw new Abandoned("the catalog was away until the end", { cause: error });
      const ceiling = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(failures, 10));
      await sleep(ceiling * (0.5 + options.random() / 2), options.letGo);
    }
  }
}

/**
 * Whether an error says that the same call can never succeed: our own final errors, mistakes in code, and Postgres's
 * classes 22 (data), 23 (constraint), 42 (syntax or unknown name). Anything else may pass (SQLSTATE, PostgreSQL appendix A).
 */
export function isRefusal(error: unknown): boolean {
  if (error instanceof PermanentError || error instanceof UserError) return true;
  if (error instanceof TypeError || error instanceof RangeError) return true;
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  const code = typeof cause === "object" && cause !== null && "code" in cause ? cause.code : undefined;
  return typeof code === "string" && /^(22|23|42)[0-9A-Z]{3}$/.test(code);
}
