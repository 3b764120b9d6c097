import type { ProjectId } from "@loramill/contracts";
import { and, desc, eq, max, sql } from "drizzle-orm";
import type { Connection } from "../connection.ts";
import { type LoraAliasKind, loraAliases, loras } from "../schema/loras.ts";

type Row = typeof loras.$inferInsert;

/** A LoRA that no run of this installation made, and what else its file is found by. */
export interface NewLora
  extends Pick<
    Row,
    | "name"
    | "document"
    | "family"
    | "variant"
    | "familyFrom"
    | "dialect"
    | "rank"
    | "baseModel"
    | "triggerWord"
    | "triggerWords"
    | "tags"
    | "notes"
    | "cover"
    | "weightsSha256"
    | "tensorsSha256"
    | "bytes"
    | "origin"
  > {
  readonly project: ProjectId;
  readonly aliases: readonly { readonly kind: LoraAliasKind; readonly value: string }[];
}

/**
 * Adds an import as the next version of its name. The same bytes are the same version: it is there again where it was
 * deleted, and is found by the new aliases too, and nothing else is written.
 */
export async function addLora(
  { db, newId }: Connection,
  { aliases, ...lora }: NewLora,
): Promise<{ readonly id: string; readonly isNew: boolean }> {
  const { project, name, weightsSha256 } = lora;
  return db.transaction(async (tx) => {
    const addAliases = async (id: string) => {
      const rows = aliases.map((alias) => ({ ...alias, project, lora: id }));
      if (rows.length > 0) await tx.insert(loraAliases).values(rows).onConflictDoNothing();
    };
    await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`${project}/${weightsSha256}`}, 3))`);
    const [there] = await tx
      .select({ id: loras.id })
      .from(loras)
      .where(and(eq(loras.project, project), eq(loras.weightsSha256, weightsSha256)))
      .orderBy(desc(loras.id))
      .limit(1);
    if (there !== undefined) {
      await tx.update(loras).set({ deletedAt: null }).where(eq(loras.id, there.id));
      await addAliases(there.id);
      return { id: there.id, isNew: false };
    }
    // As where runs publish theirs, so that both count on from the same number.
    await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`${project}/${name}`}, 1))`);
    const [newest] = await tx
      .select({ version: max(loras.version) })
      .from(loras)
      .where(and(eq(loras.project, project), eq(loras.name, name)));
    const id = newId("lor");
    const version = (newest?.version ?? 0) + 1;
    await tx.insert(loras).values({ ...lora, id, version, source: "imported", run: "", step: "" });
    await addAliases(id);
    return { id, isNew: true };
  });
}
