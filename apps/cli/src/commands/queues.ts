import type { QueueView } from "@loramill/contracts";
import { withConnection } from "../connect.ts";
import { exitCodes } from "../exit-codes.ts";
import { formatDuration, formatTable } from "../format.ts";
import { type CommandContext, printJson, printLine } from "./context.ts";

/** What is before each queue, as scalers see it. */
export async function queuesCommand(context: CommandContext): Promise<number> {
  return withConnection(context, async ({ client }) => {
    const queues = await client.queues();
    if (context.json) printJson(context, queues);
    else if (queues.items.every((queue) => open(queue) === 0)) printLine(context, "No job waits, and none is at work.");
    else printLine(context, formatTable(HEADER, queues.items.map(toRow)));
    return exitCodes.ok;
  });
}

const HEADER = ["queue", "waiting", "released", "active", "parked", "due", "starved", "oldest wait"];

const open = ({ waiting, released, active, parked }: QueueView): number => waiting + released + active + parked;

const toRow = ({ queue, waiting, released, active, parked, due, starved, oldestWaitSeconds }: QueueView): string[] => [
  queue,
  ...[waiting, released, active, parked, due, starved].map(String),
  oldestWaitSeconds === 0 ? "" : formatDuration(oldestWaitSeconds),
];
