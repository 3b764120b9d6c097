import { tmpdir } from "node:os";
import type { z } from "zod";
import { aliases } from "./environment.ts";

/** One variable, as the documentation shows it. */
export interface ConfigRow {
  /** The part of the configuration that reads it. */
  readonly part: string;
  readonly variable: string;
  /** As it would be written into the environment; null where there is none. */
  readonly default: string | null;
  readonly description: string;
  /** Whether its value must not be shown: by its name, or because its schema says so (`secret` of contracts). */
  readonly secret: boolean;
}

/**
 * The variables of fragments, in their order; one that several parts read is listed with the first. Throws when a variable
 * is not described, or when two parts describe one variable in different ways.
 */
export function describeConfig(fragments: Readonly<Record<string, { readonly env: z.ZodObject }>>): ConfigRow[] {
  const rows = new Map<string, ConfigRow>();
  for (const [part, { env }] of Object.entries(fragments)) {
    for (const [variable, field] of Object.entries(env.shape)) {
      const row = describe(part, variable, field as z.ZodType);
      const known = rows.get(variable);
      if (known === undefined) rows.set(variable, row);
      else if (known.default !== row.default) {
        throw new Error(`${known.part} and ${part} disagree on the default of ${variable}`);
      }
    }
  }
  return [...rows.values()];
}

function describe(part: string, variable: string, field: z.ZodType): ConfigRow {
  const { description } = field;
  if (description === undefined) throw new Error(`${variable} of ${part} has no description`);
  const names = aliases[variable];
  return {
    part,
    variable,
    default: defaultOf(field),
    description: names === undefined ? description : `${description}; also ${names.join(", ")}`,
    secret: /(^|_)(TOKEN|KEY|SECRET|PASSWORD)(_|$)/.test(variable) || field.meta()?.secret === true,
  };
}

function defaultOf(field: z.ZodType): string | null {
  const parsed = field.safeParse(undefined);
  if (!parsed.success || parsed.data === undefined || parsed.data === null) return null;
  if (parsed.data === tmpdir()) return "the system's folder for temporary files";
  const isRecord = typeof parsed.data === "object" && !Array.isArray(parsed.data);
  return isRecord ? JSON.stringify(parsed.data) : String(parsed.data);
}
