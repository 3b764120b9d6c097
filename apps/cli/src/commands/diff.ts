import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { type DiffAnswer, type DiffSideInput, formatMicroUsd, PlanLock, UserError } from "@loramill/contracts";
import { type Connection, withConnection } from "../connect.ts";
import { exitCodes } from "../exit-codes.ts";
import { formatDuration } from "../format.ts";
import { reachableSpec } from "../reachable-spec.ts";
import { readSpec } from "../read-spec.ts";
import { readSpecValue } from "../read-spec-file.ts";
import { resolveRun } from "../resolve-run.ts";
import { type CommandContext, printJson, printLine } from "./context.ts";

/** What differs between two runs, specs or lock files, and what each difference makes anew; 1 where something does. */
export async function diffPlansCommand(before: string, after: string, context: CommandContext): Promise<number> {
  return withConnection(context, async (connection) => {
    const sides = [await sideOf(before, connection, context), await sideOf(after, connection, context)] as const;
    const answer = await connection.client.diffPlans(...sides);
    if (context.json) printJson(context, answer);
    else for (const line of diffLines(answer)) printLine(context, line);
    return answer.run.length + answer.steps.length === 0 ? exitCodes.ok : exitCodes.failed;
  });
}

/** A path is one before it is the name of a run. */
async function sideOf(text: string, connection: Connection, context: CommandContext): Promise<DiffSideInput> {
  const path = resolve(text);
  if (!existsSync(path)) return { run: (await resolveRun(connection.client, text)) as `run_${string}` };
  const value = /\.(json|ya?ml)$/i.test(path) ? readSpecValue(path) : null;
  if (value !== null && typeof value === "object" && "format" in value) {
    const lock = PlanLock.safeParse(value);
    if (lock.success) return { lock: lock.data };
    throw new UserError(`${text}: no plan that this version reads; \`loramill plan\` writes one`, { code: "bad-spec" });
  }
  return { spec: await reachableSpec(readSpec(path, {}), connection, { ...context, out: context.err }) };
}

export function diffLines({ same, run, steps, costMicroUsd, seconds }: DiffAnswer): string[] {
  if (run.length + steps.length === 0) return ["the plans are the same: every result would be taken from the first"];
  const anew = (of: Pick<DiffAnswer, "costMicroUsd" | "seconds">) =>
    `${between(of.seconds, formatDuration)}, ${between(of.costMicroUsd, formatMicroUsd)}`;
  return [
    ...steps.map(({ sentence, change, makesAnew, ...of }) =>
      change === "changed" || change === "added"
        ? `${sentence}\n  makes anew ${makesAnew.join(", ")}: ${anew(of)}`
        : sentence,
    ),
    ...run.map(
      ({ path, from, to }) => `${path}: ${JSON.stringify(from) ?? "nothing"} → ${JSON.stringify(to) ?? "nothing"}`,
    ),
    "",
    same ? "no result would be made anew" : `all of it together: ${anew({ costMicroUsd, seconds })}`,
  ];
}

const between = ({ p50, p90 }: { readonly p50: number; readonly p90: number }, format: (value: number) => string) =>
  p50 === p90 ? format(p50) : `${format(p50)} – ${format(p90)}`;
