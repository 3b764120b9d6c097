import type { DoctorAnswer, DoctorCheck } from "@loramill/contracts";
import pc from "picocolors";
import { withConnection } from "../connect.ts";
import { exitCodes } from "../exit-codes.ts";
import { MillNotStarted } from "../mill-process.ts";
import { type CommandContext, printJson, printLine } from "./context.ts";

const SIGN: Record<DoctorCheck["status"], string> = {
  ok: pc.green("ok     "),
  warning: pc.yellow("warning"),
  error: pc.red("error  "),
  off: pc.dim("off    "),
};

/** Which parts are set, reachable and right, and what to do about those that are not. */
export async function doctorCommand(checks: string | undefined, context: CommandContext): Promise<number> {
  const answer = await examine(checks, context);
  if (context.json) printJson(context, answer);
  else {
    for (const check of answer.checks) {
      printLine(context, `${SIGN[check.status]} ${check.name}: ${check.message}`);
      if (check.advice) printLine(context, `        ${pc.dim(`→ ${check.advice}`)}`);
    }
    printLine(context, `\n${summary(answer.checks)}`);
  }
  return answer.checks.some((check) => check.status === "error") ? exitCodes.failed : exitCodes.ok;
}

/** A mill that does not start is what the doctor was called for: a finding, not a failure of the command. */
async function examine(checks: string | undefined, context: CommandContext): Promise<DoctorAnswer> {
  try {
    return await withConnection(context, ({ client }) => client.doctor(checks ? { checks } : {}));
  } catch (error) {
    if (!(error instanceof MillNotStarted)) throw error;
    const advice = "correct what it names (docs/configuration.md lists every setting), then ask again";
    return { checks: [{ name: "mill", status: "error", message: error.message, advice }] };
  }
}

function summary(checks: readonly DoctorCheck[]): string {
  const count = (status: DoctorCheck["status"]) => checks.filter((check) => check.status === status).length;
  const [errors, warnings] = [count("error"), count("warning")];
  if (errors + warnings === 0) return "Everything that is set works.";
  const said = (number: number, what: string) => (number === 0 ? [] : [`${number} ${what}${number === 1 ? "" : "s"}`]);
  return [...said(errors, "error"), ...said(warnings, "warning")].join(", ");
}
