import { CeilingPeriod, type CeilingView, formatMicroUsd, UserError } from "@loramill/contracts";
import { withConnection } from "../connect.ts";
import { exitCodes } from "../exit-codes.ts";
import { formatTable, shortTime } from "../format.ts";
import { type CommandContext, printJson, printLine } from "./context.ts";

export interface CeilingOptions {
  readonly project?: string;
}

export async function listCeilingsCommand(context: CommandContext): Promise<number> {
  return withConnection(context, async ({ client }) => {
    print((await client.ceilings.list()).items, context);
    return exitCodes.ok;
  });
}

export async function setCeilingCommand(
  period: string,
  usd: number,
  options: CeilingOptions,
  context: CommandContext,
): Promise<number> {
  const at = { ...options, period: periodOf(period) };
  return withConnection(context, async ({ client }) => {
    print((await client.ceilings.set(at, usd)).items, context);
    return exitCodes.ok;
  });
}

export async function removeCeilingCommand(
  period: string,
  options: CeilingOptions,
  context: CommandContext,
): Promise<number> {
  const at = { ...options, period: periodOf(period) };
  return withConnection(context, async ({ client }) => {
    print((await client.ceilings.remove(at)).items, context);
    return exitCodes.ok;
  });
}

function periodOf(text: string): CeilingPeriod {
  const period = CeilingPeriod.safeParse(text);
  if (period.success) return period.data;
  throw new UserError(`${text}: choose one of ${CeilingPeriod.options.join(", ")}`, { code: "bad-option" });
}

function print(items: readonly CeilingView[], context: CommandContext): void {
  if (context.json) printJson(context, items);
  else if (items.length === 0) printLine(context, "no ceilings; set one with `loramill ceiling set day 25`");
  else {
    const rows = items.map(({ scope, period, limitMicroUsd, spentMicroUsd, reservedMicroUsd, since, reopensAt }) => [
      scope.kind === "account" ? "account" : `project ${scope.project}`,
      period,
      formatMicroUsd(limitMicroUsd),
      formatMicroUsd(spentMicroUsd),
      formatMicroUsd(reservedMicroUsd),
      shortTime(reopensAt),
      shortTime(since),
    ]);
    printLine(
      context,
      formatTable(["of", "by", "limit", "spent", "set aside", "begins anew (UTC)", "since (UTC)"], rows),
    );
  }
}
