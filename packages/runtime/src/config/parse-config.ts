import { redact, UserError } from "@loramill/contracts";
import type { z } from "zod";
import type { Environment } from "./environment.ts";
import type { ConfigOf, Fragments } from "./fragments.ts";

export interface ConfigProblem {
  readonly variable: string;
  readonly problem: string;
  /** The variable's description: what it is for and what it takes. */
  readonly expects: string;
}

/**
 * Parses the whole configuration of a process once. All problems are reported together, by variable, without the values:
 * a wrong one may still be a secret. The result is frozen.
 */
export function parseConfig<const F extends Fragments>(fragments: F, env: Environment): ConfigOf<F> {
  const problems = new Map<string, ConfigProblem>();
  const config: Record<string, unknown> = {};
  for (const [name, fragment] of Object.entries(fragments)) {
    const parsed = fragment.env.safeParse(env);
    if (parsed.success) config[name] = (fragment.options as (env: unknown) => unknown)(parsed.data);
    else for (const issue of parsed.error.issues) addProblem(problems, fragment.env, issue);
  }
  if (problems.size > 0) throw badConfig([...problems.values()]);
  return deepFreeze(config) as ConfigOf<F>;
}

function addProblem(problems: Map<string, ConfigProblem>, schema: z.ZodObject, issue: z.core.$ZodIssue): void {
  const variable = String(issue.path[0] ?? "");
  if (problems.has(variable)) return;
  const field = schema.shape[variable] as z.ZodType | undefined;
  problems.set(variable, { variable, problem: redact(issue.message), expects: field?.description ?? "" });
}

function badConfig(problems: readonly ConfigProblem[]): UserError {
  const lines = problems.map(({ variable, problem, expects }) => `  ${variable}: ${problem} (${expects})`);
  return new UserError(`the configuration is wrong:\n${lines.join("\n")}`, {
    code: "bad-config",
    details: { problems: problems.map((problem) => ({ ...problem })) },
  });
}

/** Freezes plain objects and lists all the way down; anything else (a URL, a function) is left as it is. */
function deepFreeze(value: unknown): unknown {
  const plain = typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
  if (!plain && !Array.isArray(value)) return value;
  for (const part of Object.values(value as object)) deepFreeze(part);
  return Object.freeze(value);
}
