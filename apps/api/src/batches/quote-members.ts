import { type BatchQuotePart, type MemberQuote, type PlannedMember, toErrorRecord } from "@loramill/contracts";
import { workKeys } from "@loramill/orchestration";
import type { Planner } from "../planning/planner.ts";

/** Quotes some members of a batch, one after the other. One that cannot be planned is told, and keeps none of the others. */
export async function quoteMembers(
  members: readonly PlannedMember[],
  planner: Pick<Planner, "quoteWithLock">,
): Promise<Pick<BatchQuotePart, "members" | "refused">> {
  const quoted: MemberQuote[] = [];
  const refused: BatchQuotePart["refused"] = [];
  for (const { number, name, spec } of members) {
    try {
      const { lock, quote } = await planner.quoteWithLock(spec);
      const work = workKeys(lock);
      const steps = quote.steps.map(({ name: step, kind, cache, seconds, costMicroUsd, expectedMicroUsd }) => ({
        ...{ name: step, kind, cache, seconds, costMicroUsd, expectedMicroUsd, work: work.get(step) ?? null },
      }));
      quoted.push({ number, name, steps, notes: quote.notes });
    } catch (error) {
      const record = toErrorRecord(error);
      // Trouble of ours would be told of every member; the request fails with it.
      if (record.class !== "user") throw error;
      refused.push({ number, name, error: record });
    }
  }
  return { members: quoted, refused };
}
