import type { Command } from "commander";
import { commandsOf } from "./command-group.ts";
import type { Does } from "./commands/context.ts";

const fleetVolumesCommands = () => import("./commands/fleet-volumes.ts");

const ID = "its id, as `loramill fleet volumes` says it";

/** `loramill fleet volumes …`: network volumes at the provider, without its console. */
export function addVolumeCommands(fleet: Command, does: Does): void {
  const example = "loramill fleet volumes";
  const volumes = commandsOf(fleet)("volumes", "network volumes at the provider, which FLEET_VOLUMES names", example);
  const command = commandsOf(volumes);
  commandsOf(volumes, { isDefault: true })("list", "what there is, where and how large", example).action(() =>
    does(async (context) => (await fleetVolumesCommands()).listVolumesCommand(context)),
  );
  command("create", "rent a volume, once for a name and region", "loramill fleet volumes create models EU-RO-1 100")
    .argument("<name>")
    .argument("<region>", "data centre, such as EU-RO-1")
    .argument("<gigabytes>", "10 to 4096")
    .action((name: string, region: string, size: string) =>
      does(async (context) => (await fleetVolumesCommands()).createVolumeCommand({ name, region, size }, context)),
    );
  command("grow", "make a volume larger; none ever shrinks", "loramill fleet volumes grow agv6w2qcg7 200")
    .argument("<id>", ID)
    .argument("<gigabytes>", "of all of it, not of what is added")
    .action((id: string, size: string) =>
      does(async (context) => (await fleetVolumesCommands()).growVolumeCommand(id, size, context)),
    );
  command("remove", "delete a volume with all that is on it", "loramill fleet volumes remove agv6w2qcg7")
    .argument("<id>", ID)
    .option("--yes", "delete it without asking")
    .action((id: string, options: { yes?: boolean }) =>
      does(async (context) => (await fleetVolumesCommands()).removeVolumeCommand(id, options, context)),
    );
}
