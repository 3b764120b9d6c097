import { UserError } from "@loramill/contracts";

/** A file that is no bundle, or no longer the one that was written. Nothing of it is taken. */
export function badBundle(what: string, cause?: unknown): UserError {
  return new UserError(`this is no whole bundle: ${what}. Nothing of it was taken; copy or export it again`, {
    code: "bad-bundle",
    ...(cause === undefined ? {} : { cause }),
  });
}
