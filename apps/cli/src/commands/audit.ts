import type { AuditList, AuditQuery } from "@loramill/contracts";
import { withConnection } from "../connect.ts";
import { exitCodes } from "../exit-codes.ts";
import { formatTable, printable, shortTime } from "../format.ts";
import { type CommandContext, printJson, printLine } from "./context.ts";

/** Who did what, latest first. `ofFleet`: only to machines, the fleet's switches and volumes. */
export async function auditCommand(
  query: Partial<AuditQuery>,
  { ofFleet }: { readonly ofFleet: boolean },
  context: CommandContext,
): Promise<number> {
  return withConnection(context, async ({ client }) => {
    const asked = { ...query, signal: context.interrupts.signal };
    const { items } = await (ofFleet ? client.fleet.audit(asked) : client.audit(asked));
    if (context.json) printJson(context, items);
    else for (const line of auditLines(items, query)) printLine(context, line);
    return exitCodes.ok;
  });
}

function auditLines(items: AuditList["items"], { limit = 200 }: Partial<AuditQuery>): string[] {
  const last = items.at(-1);
  if (last === undefined) return ["nothing of the kind was done"];
  const rows = items.map(({ at, actor, action, subject, details }) => [
    ...[shortTime(at), actor, action, subject],
    printable(whyOf(details)),
  ]);
  const older = items.length < limit ? [] : [`\nolder: --before ${last.id}`];
  return [formatTable(["at (UTC)", "who", "did", "to", "why"], rows), ...older];
}

/** What the audit notes as the reason: a person's words, the plan's sentence, or a provider's refusal. */
function whyOf({ reason, because, message }: AuditList["items"][number]["details"]): string {
  return [reason, because, message].find((words) => typeof words === "string") ?? "";
}
