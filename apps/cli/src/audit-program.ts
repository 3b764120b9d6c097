import type { Command } from "commander";
import { commandsOf } from "./command-group.ts";
import type { CommandContext } from "./commands/context.ts";
import { count } from "./option-values.ts";

const auditCommands = () => import("./commands/audit.ts");

export interface AuditOptions {
  readonly subject?: string;
  readonly before?: number;
  readonly limit?: number;
}

/** `loramill audit`: who did what to the installation. */
export function addAuditCommand(
  program: Command,
  does: (work: (context: CommandContext) => Promise<number>) => Promise<void>,
): void {
  withAuditOptions(
    commandsOf(program)(
      "audit",
      "who did what to machines, ceilings, batches, schedules and webhooks, latest first",
      "loramill audit --limit 20",
    ),
  ).action((query: AuditOptions) =>
    does(async (context) => (await auditCommands()).auditCommand(query, { ofFleet: false }, context)),
  );
}

export const withAuditOptions = (command: Command): Command =>
  command
    .option("--subject <name>", "only what was done to this: a machine, a run, a batch, a webhook")
    .option("--before <id>", "older than this entry, which a full page names at its end", count)
    .option("--limit <count>", "entries; default: 200", count);
