import { CreateVolume, UserError, type VolumeView } from "@loramill/contracts";
import { confirm } from "../confirm.ts";
import { withConnection } from "../connect.ts";
import { exitCodes } from "../exit-codes.ts";
import { formatTable } from "../format.ts";
import { type CommandContext, printJson, printLine } from "./context.ts";

const GB = 1_000_000_000;

export async function listVolumesCommand(context: CommandContext): Promise<number> {
  return withConnection(context, async ({ client }) => {
    const { items } = await client.fleet.volumes.list();
    if (context.json) printJson(context, items);
    else if (items.length === 0)
      printLine(context, "no volumes; rent one with `loramill fleet volumes create models EU-RO-1 100`");
    else printVolumes(items, context);
    return exitCodes.ok;
  });
}

export async function createVolumeCommand(
  { name, region, size }: { readonly name: string; readonly region: string; readonly size: string },
  context: CommandContext,
): Promise<number> {
  const asked = CreateVolume.safeParse({ name, region, gigabytes: gigabytesOf(size) });
  if (!asked.success) throw new UserError(asked.error.issues[0]?.message ?? "", { code: "bad-option" });
  return withConnection(context, async ({ client }) => show(await client.fleet.volumes.create(asked.data), context));
}

export async function growVolumeCommand(id: string, size: string, context: CommandContext): Promise<number> {
  const gigabytes = gigabytesOf(size);
  return withConnection(context, async ({ client }) => show(await client.fleet.volumes.grow(id, gigabytes), context));
}

export async function removeVolumeCommand(
  id: string,
  { yes = false }: { yes?: boolean },
  context: CommandContext,
): Promise<number> {
  return withConnection(context, async ({ client }) => {
    if (!yes && !(await confirm(`Delete the volume ${id} with all that is on it?`, context))) return exitCodes.ok;
    const removed = await client.fleet.volumes.remove(id);
    if (context.json) printJson(context, removed);
    else
      printLine(context, `deleted ${removed.id} (${removed.name} in ${removed.region}); take it out of FLEET_VOLUMES`);
    return exitCodes.ok;
  });
}

function show(volume: VolumeView, context: CommandContext): number {
  if (context.json) printJson(context, volume);
  else printVolumes([volume], context);
  return exitCodes.ok;
}

function printVolumes(volumes: readonly VolumeView[], context: CommandContext): void {
  const rows = volumes.map(({ id, name, region, bytes, provider }) => [id, name, region, `${bytes / GB} GB`, provider]);
  printLine(context, formatTable(["id", "name", "region", "size", "at"], rows));
}

function gigabytesOf(text: string): number {
  if (/^\d{1,5}$/.test(text)) return Number(text);
  throw new UserError(`${text}: give whole gigabytes, such as 100`, { code: "bad-option" });
}
