import type { BackendContext } from "@loramill/contracts";
import { CANCEL_TIMEOUT_MS } from "../training-deps.ts";
import type { GenerationDeps } from "./generation-deps.ts";
import { type GenerationRecord, type ItemRecord, promptOf } from "./generation-record.ts";
import { dropAllPreviews } from "./keep-previews.ts";

/**
 * Takes back what was sent. Each prompt is charged for as long as its server says that it ran until then; where the server
 * does not say, or does not answer, for as long as it was seen to run.
 */
export async function cancelGeneration(
  remoteId: string,
  context: BackendContext,
  deps: GenerationDeps,
): Promise<"cancelled" | "already-ended" | "unknown"> {
  const { records, clients, watches } = deps;
  const record = await records.find(context.job);
  if (record?.remoteId !== remoteId) return "unknown";
  if (record.state === "ended") return "already-ended";
  const sent = record.items.filter(({ state }) => state === "sent");
  const seen = withSeconds(
    record,
    sent.map((item) => [promptOf(record.marker, item), secondsSeen(item, deps)]),
  );
  // Known before the servers are told: whoever takes over sends nothing more.
  await records.write(context.job, { ...seen, state: "cancelled" });
  const signal = AbortSignal.any([context.signal, AbortSignal.timeout(CANCEL_TIMEOUT_MS)]);
  const told = await Promise.all(
    sent.map(async (item) => {
      const id = promptOf(record.marker, item);
      watches.forget(id);
      const prompts = clients.find(({ name }) => name === item.server)?.prompts;
      if (prompts === undefined || (await prompts.cancel(id, signal)) === "unknown") return [id, null] as const;
      const end = await prompts.find(id, signal);
      return [id, "seconds" in end ? end.seconds : null] as const;
    }),
  );
  await records.write(context.job, { ...withSeconds(seen, told), state: "cancelled" });
  await dropAllPreviews(context.job, record, deps);
  return "cancelled";
}

/** Until now for one that runs; nothing for one that was not seen to. */
function secondsSeen({ startedAt, heldSeconds }: ItemRecord, { clock }: GenerationDeps): number {
  if (startedAt === null) return heldSeconds;
  return Math.max(heldSeconds, (clock.now().getTime() - Date.parse(startedAt)) / 1000);
}

/** What is null is left as it was, and what held no server costs nothing. */
function withSeconds(
  record: GenerationRecord,
  seconds: readonly (readonly [promptId: string, seconds: number | null])[],
): GenerationRecord {
  const known = seconds.filter((entry): entry is [string, number] => entry[1] !== null && entry[1] > 0);
  return { ...record, seconds: { ...record.seconds, ...Object.fromEntries(known) } };
}
