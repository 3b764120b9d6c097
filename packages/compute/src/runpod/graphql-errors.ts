import { NO_CAPACITY, PAYMENT_REQUIRED, PermanentError, REQUEST_REFUSED, TransientError } from "@loramill/contracts";
import { z } from "zod";
import { tellsNoCapacity } from "./runpod-errors.ts";

/** An error as GraphQL sends it, with status 200. */
export const GraphQlError = z.object({
  message: z.string().catch(""),
  extensions: z
    .object({ code: z.string().optional().catch(undefined) })
    .nullish()
    .catch(null),
});
export type GraphQlError = z.output<typeof GraphQlError>;

/** Codes of errors that are found before anything is carried out. Any other, and none, says nothing about that. */
const REFUSED_CODES: ReadonlySet<string> = new Set([
  "GRAPHQL_PARSE_FAILED",
  "GRAPHQL_VALIDATION_FAILED",
  "BAD_USER_INPUT",
  "UNAUTHENTICATED",
  "FORBIDDEN",
]);

/** The same in the words of GraphQL's own checks and of the vendor, which come without a code of theirs. */
const REFUSED_WORDS: readonly RegExp[] = [
  /^Syntax Error/,
  /^Cannot query field/,
  /^Unknown (argument|type|fragment|operation)/,
  /^(Variable|Argument|Field) "[^"]*"/,
  /^Value .{1,200} does not exist in /,
  /^Expected (value|type)/,
  /introspection is not allowed/i,
  /\b(not authori[sz]ed|unauthori[sz]ed|unauthenticated|invalid api key)\b/i,
];
const PAYMENT_WORDS = /\b(insufficient|not enough) (balance|funds|credits?)\b/i;
const MAX_SHOWN = 300;

const isRefusal = ({ message, extensions }: GraphQlError): boolean =>
  REFUSED_CODES.has(extensions?.code ?? "") || REFUSED_WORDS.some((words) => words.test(message));

/**
 * What an answer means that has errors and not what was asked for. Only words or codes that come before anything was carried out are
 * refusals; after any other, such as `INTERNAL_SERVER_ERROR`, a machine may run all the same.
 */
export function errorOfGraphQl(
  errors: readonly GraphQlError[],
  { capacityWords, say }: { readonly capacityWords: readonly string[]; readonly say: (text: string) => string },
): TransientError | PermanentError {
  const message = `RunPod answered: ${say(errors[0]?.message ?? "").slice(0, MAX_SHOWN)}`;
  const details = { codes: errors.map(({ extensions }) => extensions?.code ?? null) };
  if (errors.some((one) => tellsNoCapacity(one.message, capacityWords))) {
    return new TransientError(message, { code: NO_CAPACITY, details });
  }
  if (errors.some((one) => PAYMENT_WORDS.test(one.message))) {
    return new PermanentError(`${message} (add credit to the RunPod account)`, { code: PAYMENT_REQUIRED, details });
  }
  if (errors.every(isRefusal)) return new PermanentError(message, { code: REQUEST_REFUSED, details });
  return new TransientError(message, { code: "provider-failed", details });
}
