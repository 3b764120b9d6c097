import type { ProjectId } from "@loramill/contracts";
import type { Connection } from "../connection.ts";
import { and, desc, eq, max, sql } from "../drizzle.ts";
import { type LoraAliasKind, loraAliases, loras } from "../schema/loras.ts";
import { hasFile } from "./lora-rows.ts";

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
    | "files"
    | "origin"
  > {
  readonly project: ProjectId;
  readonly aliases: readonly { readonly kind: LoraAliasKind; readonly value: string }[];
}

/**
 * Adds an import as the next version of its name. The same bytes are the same version, also half of the files
 * of one: it is there again where it was deleted, and is found by the new aliases too, and nothing else is written.
 */
export async function addLora(
  { db, newId }: Connection,
  { aliases, ...lora }: NewLora,
): Promise<{ readonly id: string; readonly isNew: boolean }> {
  const { project, name, weightsSha256, files = [] } = lora;
  const digests = files.length === 0 ? [weightsSha256] : files.map(({ weights }) => weights.sha256).sort();
  return db.transaction(async (tx) => {
    const addAliases = async (id: string) => {
      const rows = aliases.map((alias) => ({ ...alias, project, lora: id }));
      if (rows.length > 0) await tx.insert(loraAliases).values(rows).onConflictDoNothing();
    };
    // In one order, so that two imports cannot wait for each other.
    for (const digest of digests) {
      await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`${project}/${digest}`}, 3))`);
    }
    const [there] = await tx
      .select({ id: loras.id })
      .from(loras)
      .where(and(eq(loras.project, project), ...digests.map(hasFile)))
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
