import { UserError } from "@loramill/contracts";
import { parse as parseYaml } from "yaml";

/**
 * Fields of a recipe with `field=value` changes over them, the values as YAML. `epochs` take the place of `steps` and the
 * other way round. UserError `bad-option`.
 */
export function changeFields(fields: Readonly<Record<string, unknown>>, changes: readonly string[]) {
  const changed: Record<string, unknown> = { ...fields };
  for (const change of changes) {
    const at = change.indexOf("=");
    if (at < 1) throw new UserError(`--set ${change}: expected FIELD=VALUE`, { code: "bad-option" });
    const field = change.slice(0, at);
    if (field === "epochs") delete changed.steps;
    if (field === "steps") delete changed.epochs;
    changed[field] = parseYaml(change.slice(at + 1));
  }
  return changed;
}
