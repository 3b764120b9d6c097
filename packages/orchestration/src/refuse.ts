import { type Json, UserError } from "@loramill/contracts";

export interface Refusal {
  readonly code: string;
  /** Path in the spec, such as `generate.width`. */
  readonly field: string;
  /** What is wrong, without the field and without a full stop. */
  readonly problem: string;
  readonly given?: Json;
  /** What would be taken, in words or as a range. */
  readonly allowed?: string;
  /** What was probably meant, or what to do. */
  readonly likely?: string;
}

/** Refuses a spec. The message says it all in one line; the parts are in `details` for programs. */
export function refuse({ code, field, problem, given, allowed, likely }: Refusal): never {
  const sentences = [`${field}: ${problem}`, allowed && `allowed: ${allowed}`, likely].filter(Boolean);
  throw new UserError(`${sentences.join(". ")}.`, {
    code,
    details: {
      field,
      ...(given === undefined ? {} : { given }),
      ...(allowed === undefined ? {} : { allowed }),
      ...(likely === undefined ? {} : { likely }),
    },
  });
}
