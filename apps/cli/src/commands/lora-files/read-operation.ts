import { LoraOperation, UserError } from "@loramill/contracts";

/** Fields of operations whose option is called otherwise. */
export type FlagNames = Readonly<Record<string, string>>;

/**
 * An operation made of options, checked as the API checks it; those that were not given are left out. Throws UserError
 * `bad-option` that names the options, not the fields.
 */
export function readOperation(given: object, flags: FlagNames = {}): LoraOperation {
  const operation: unknown = JSON.parse(JSON.stringify(given));
  const parsed = LoraOperation.safeParse(operation);
  if (parsed.success) return parsed.data;
  const flag = (field: PropertyKey | undefined) => `--${flags[String(field)] ?? kebab(String(field))}`;
  const problems = parsed.error.issues.map((issue) => {
    if (issue.code === "unrecognized_keys") return `${issue.keys.map(flag).join(", ")} is not for this`;
    const isMissing = valueAt(operation, issue.path) === undefined;
    return isMissing ? `${flag(issue.path.at(-1))} is needed` : `${flag(issue.path.at(-1))}: ${issue.message}`;
  });
  throw new UserError(problems.join("; "), { code: "bad-option" });
}

const kebab = (field: string) => field.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((at, key) => (at as Readonly<Record<PropertyKey, unknown>> | undefined)?.[key], value);
}
