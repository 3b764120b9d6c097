import type { Command } from "commander";
import { type AuditOptions, withAuditOptions } from "./audit-program.ts";
import { commandsOf } from "./command-group.ts";
import type { Does } from "./commands/context.ts";
import { addVolumeCommands } from "./fleet-volumes-program.ts";

const auditCommands = () => import("./commands/audit.ts");
const fleetCommands = () => import("./commands/fleet.ts");

const POD = "its name, as `loramill fleet status` says it";

/** `loramill fleet …`: rented machines, why they are there, what they cost, and the switch that ends it all. */
export function addFleetCommands(parent: Command, does: Does): void {
  const fleet = commandsOf(parent)("fleet", "rented machines", "loramill fleet status");
  const command = commandsOf(fleet);
  const ofPod = (name: "drain" | "end", description: string) =>
    command(name, description, `loramill fleet ${name} loramill-0198f3c2a7d1`)
      .argument("<pod>", POD)
      .option("--reason <words>", "kept in the audit")
      .action((pod: string, options: { reason?: string }) =>
        does(async (context) => (await fleetCommands()).retireCommand(name, pod, options, context)),
      );

  command(
    "status",
    "machines, their work and what they cost, and whether the fleet is stopped",
    "loramill fleet status",
  )
    .option("--ended", "also machines that have ended")
    .action((options: { ended?: boolean }) =>
      does(async (context) => (await fleetCommands()).fleetStatusCommand(options, context)),
    );
  command("explain", "what the fleet was last planned to do, and why", "loramill fleet explain").action(() =>
    does(async (context) => (await fleetCommands()).explainFleetCommand(context)),
  );
  command("offers", "what can be rented now, cheapest first", "loramill fleet offers")
    .option("--all", "also what is sold out")
    .action((options: { all?: boolean }) =>
      does(async (context) => (await fleetCommands()).offersCommand(options, context)),
    );
  command("bills", "machines as the ledger has them and as their providers' books do", "loramill fleet bills --csv")
    .option("--from <day>", "machines that were wanted from this day (UTC) or moment on")
    .option("--csv", "as comma-separated values, in US dollars")
    .action((options: { from?: string; csv?: boolean }) =>
      does(async (context) => (await fleetCommands()).billsCommand(options, context)),
    );
  withAuditOptions(
    command(
      "audit",
      "who did what to machines, the switches and volumes, latest first",
      "loramill fleet audit --subject loramill-0198f3c2a7d1",
    ),
  ).action((query: AuditOptions) =>
    does(async (context) => (await auditCommands()).auditCommand(query, { ofFleet: true }, context)),
  );
  addVolumeCommands(fleet, does);
  ofPod("drain", "give a machine no new work, and give it back when it has none; at once where it is not up yet");
  ofPod("end", "give a machine back at once; what it trains goes on elsewhere from its last checkpoint");
  command(
    "stop",
    "rent nothing any more; machines that are up finish what they have, the others end",
    "loramill fleet stop --reason 'prices doubled'",
    "loramill fleet stop --all",
  )
    .option("--all", "end every machine at once")
    .option("--reason <words>", "kept in the audit, and told to what waits")
    .action((options: { all?: boolean; reason?: string }) =>
      does(async (context) => (await fleetCommands()).stopFleetCommand(options, context)),
    );
  command("start", "let machines be rented again", "loramill fleet start").action(() =>
    does(async (context) => (await fleetCommands()).startFleetCommand(context)),
  );
  command(
    "dry-run",
    "rent nothing new, and show what would be; what is there is kept and given back as ever",
    "loramill fleet dry-run on",
  )
    .argument("<on|off>")
    .action((state: string) => does(async (context) => (await fleetCommands()).dryRunCommand(state, context)));
}
