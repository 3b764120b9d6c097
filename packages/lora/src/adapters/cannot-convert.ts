import { UserError } from "@loramill/contracts";

/** A module that a target cannot express, and why. */
export interface Refusal {
  readonly module: string;
  readonly why: string;
}
export type Refuse = (refusal: Refusal) => void;

/** UserError `cannot-convert`: the target has no way to say what the file says. */
export function cannotConvert(module: string, why: string): UserError {
  return new UserError(`${module} cannot be converted: ${why}`, { code: "cannot-convert", details: { module, why } });
}

/** Runs one conversion; `cannot-convert` becomes a refusal and null, everything else is thrown on. */
export function attempt<T>(refuse: Refuse, convert: () => T): T | null {
  try {
    return convert();
  } catch (error) {
    if (!(error instanceof UserError) || error.code !== "cannot-convert") throw error;
    refuse({ module: String(error.details.module), why: String(error.details.why) });
    return null;
  }
}
