import { UserError } from "@loramill/contracts";
import type { Connection } from "../connection.ts";
import { and, eq, inArray } from "../drizzle.ts";
import { loraAliases, loras } from "../schema/loras.ts";
import { inScope, type LoraKey, owned } from "./lora-rows.ts";

/** What people write about a LoRA; what is left out stays. */
export interface LoraChanges {
  readonly addTags?: readonly string[];
  readonly removeTags?: readonly string[];
  readonly triggerWords?: readonly string[] | undefined;
  readonly notes?: string | undefined;
  readonly family?: string | undefined;
  readonly cover?: string | null | undefined;
  readonly addAliases?: readonly string[];
  readonly removeAliases?: readonly string[];
}

type Transaction = Parameters<Parameters<Connection["db"]["transaction"]>[0]>[0];

/** Throws UserError `alias-taken` where a name means another LoRA already; then nothing is changed. */
export async function changeLora(db: Connection["db"], key: LoraKey, changes: LoraChanges): Promise<void> {
  const { addTags = [], removeTags = [], addAliases = [], removeAliases = [] } = changes;
  const { triggerWords, notes, family, cover } = changes;
  await db.transaction(async (tx) => {
    const [row] = await tx.select().from(loras).where(owned(key)).for("update");
    if (row === undefined) return;
    const tags = [...new Set([...row.tags, ...addTags])].filter((tag) => !removeTags.includes(tag)).sort();
    await tx
      .update(loras)
      .set({
        tags,
        ...(triggerWords === undefined ? {} : { triggerWords: [...triggerWords] }),
        ...(notes === undefined ? {} : { notes }),
        ...(family === undefined ? {} : { family, familyFrom: "given", variant: null }),
        ...(cover === undefined ? {} : { cover }),
      })
      .where(owned(key));
    if (removeAliases.length > 0) {
      const isRemoved = and(eq(loraAliases.kind, "name"), inArray(loraAliases.value, [...removeAliases]));
      await tx.delete(loraAliases).where(and(eq(loraAliases.lora, key.id), isRemoved));
    }
    for (const alias of new Set(addAliases)) await addAlias(tx, key, alias);
  });
}

async function addAlias(tx: Transaction, { project, id }: LoraKey, value: string): Promise<void> {
  const isNamed = and(...inScope({ project }), eq(loras.name, value));
  const [named] = await tx.select({ id: loras.id }).from(loras).where(isNamed).limit(1);
  if (named !== undefined) throw aliasTaken(value);
  await tx.insert(loraAliases).values({ project, lora: id, kind: "name", value }).onConflictDoNothing();
  const isAlias = and(eq(loraAliases.project, project), eq(loraAliases.kind, "name"), eq(loraAliases.value, value));
  const [alias] = await tx.select({ lora: loraAliases.lora }).from(loraAliases).where(isAlias);
  if (alias?.lora !== id) throw aliasTaken(value);
}

function aliasTaken(value: string): UserError {
  return new UserError(`another LoRA is called "${value}" already: choose another alias`, {
    code: "alias-taken",
    details: { alias: value },
  });
}
