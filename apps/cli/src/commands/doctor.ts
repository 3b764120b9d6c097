import type { DoctorCheck } from "@loramill/contracts";
import pc from "picocolors";
import { withConnection } from "../connect.ts";
import { exitCodes } from "../exit-codes.ts";
import { type CommandContext, printJson, printLine } from "./context.ts";

const SIGN: Record<DoctorCheck["status"], string> = {
  ok: pc.green("ok     "),
  warning: pc.yellow("warning"),
  error: pc.red("error  "),
  off: pc.dim("off    "),
};

/** Which parts are set, reachable and right, and what to do about those that are not. */
export async function doctorCommand(checks: string | undefined, context: CommandContext): Promise<number> {
  return withConnection(context.config, async ({ client }) => {
    const answer = await client.doctor(checks ? { checks } : {});
    if (context.json) printJson(context, answer);
    else {
      for (const check of answer.checks) {
        printLine(context, `${SIGN[check.status]} ${check.name}: ${check.message}`);
        if (check.advice) printLine(context, `        ${check.advice}`);
      }
    }
    return answer.checks.some((check) => check.status === "error") ? exitCodes.failed : exitCodes.ok;
  });
}
