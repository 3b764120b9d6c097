import { type LoraSource, UserError } from "@loramill/contracts";
import type { Connection } from "../connection.ts";
import { and, arrayContains, desc, eq, exists, gte, ilike, inArray, lt, or, type SQL, sql } from "../drizzle.ts";
import { loraAliases, loraRatings, loras } from "../schema/loras.ts";
import { addLora, type NewLora } from "./add-lora.ts";
import { changeLora, type LoraChanges } from "./change-lora.ts";
import { findLora, type LoraRef } from "./find-lora.ts";
import { loraLineageQueries } from "./lora-lineage.ts";
import { inScope, type LibraryLora, type LoraKey, type LoraScope, loraLink, owned, selectLoras } from "./lora-rows.ts";
import { limitOf, type Page, type PageRequest, toPageById } from "./paging.ts";

interface LoraFilter extends LoraScope, PageRequest {
  /** Words, each of which stands somewhere: name, trigger words, tags, aliases, base model, notes. */
  readonly text?: string | undefined;
  readonly name?: string | undefined;
  readonly family?: string | undefined;
  /** It has all of them. */
  readonly tags?: readonly string[] | undefined;
  readonly minRating?: number | undefined;
  readonly source?: LoraSource | undefined;
}

/** The library of LoRAs. Every query is for one project, and sees nothing of the others. */
export function loraQueries(connection: Connection) {
  const { db } = connection;

  return {
    ...loraLineageQueries(connection),

    /** By whatever people call it; see `LoraRef`. Throws UserError `ambiguous-lora`. */
    find: (ref: LoraRef): Promise<LibraryLora | null> => findLora(db, ref),

    /** The names that are in use, for a word that means none of them. */
    async names({ project }: LoraScope): Promise<string[]> {
      const rows = await db
        .selectDistinct({ name: loras.name })
        .from(loras)
        .where(and(...inScope({ project })))
        .limit(10_000);
      return rows.map(({ name }) => name);
    },

    /** Newest first. */
    async list(filter: LoraFilter): Promise<Page<LibraryLora>> {
      const limit = limitOf(filter);
      const { query, average } = selectLoras(db, filter);
      const { name, family, tags = [], minRating, source, cursor } = filter;
      const rows = await query
        .where(
          and(
            ...inScope(filter),
            ...wordsOf(filter.text).map(holds),
            name === undefined ? undefined : eq(loras.name, name),
            family === undefined ? undefined : eq(loras.family, family),
            tags.length === 0 ? undefined : arrayContains(loras.tags, [...tags]),
            minRating === undefined ? undefined : gte(average, minRating),
            source === undefined ? undefined : eq(loras.source, source),
            cursor === undefined ? undefined : lt(loras.id, cursor),
          ),
        )
        .orderBy(desc(loras.id))
        .limit(limit + 1);
      return toPageById(rows, limit);
    },

    /** What else is known of one: its aliases, ratings and other versions, the newest first. */
    async details({ project, id, name }: LoraKey & { readonly name: string }) {
      const [aliases, ratings, versions] = await Promise.all([
        db
          .select()
          .from(loraAliases)
          .where(and(eq(loraAliases.project, project), eq(loraAliases.lora, id)))
          .orderBy(loraAliases.kind, loraAliases.value),
        db
          .select()
          .from(loraRatings)
          .where(and(eq(loraRatings.project, project), eq(loraRatings.lora, id)))
          .orderBy(desc(loraRatings.createdAt)),
        db
          .select({ id: loras.id, version: loras.version, createdAt: loras.createdAt })
          .from(loras)
          .where(and(...inScope({ project }), eq(loras.name, name)))
          .orderBy(desc(loras.version))
          .limit(200),
      ]);
      return { aliases, ratings, versions };
    },

    add: (lora: NewLora) => addLora(connection, lora),

    /** Throws UserError `alias-taken` where a name means another LoRA already; then nothing is changed. */
    change: (key: LoraKey, changes: LoraChanges) => changeLora(db, key, changes),

    /** One rating of each person: a second replaces the first. Throws UserError `lora-not-found`. */
    async rate(
      key: LoraKey,
      rating: { readonly by: string; readonly stars: number; readonly comment: string },
    ): Promise<void> {
      const { project, id } = key;
      const [row] = await db.select({ id: loras.id }).from(loras).where(owned(key));
      if (row === undefined) throw new UserError(`there is no LoRA ${id}`, { code: "lora-not-found" });
      await db
        .insert(loraRatings)
        .values({ project, lora: id, ...rating })
        .onConflictDoUpdate({ target: [loraRatings.lora, loraRatings.by], set: { ...rating, createdAt: sql`now()` } });
    },

    /** Out of sight, until `restore`; its files stay. */
    async remove(key: LoraKey): Promise<void> {
      await db.update(loras).set({ deletedAt: sql`now()` }).where(owned(key));
    },
    async restore(key: LoraKey): Promise<void> {
      await db.update(loras).set({ deletedAt: null }).where(owned(key));
    },

    /** Which of these files (by the SHA-256 of their bytes) the library holds, as they are or converted. */
    async known({ project }: LoraScope, sha256: readonly string[]) {
      const asIs = db
        .select({ ...loraLink, sha256: loras.weightsSha256 })
        .from(loras)
        .where(and(...inScope({ project }), inArray(loras.weightsSha256, [...sha256])));
      const converted = db
        .select({ ...loraLink, sha256: loraAliases.value })
        .from(loras)
        .innerJoin(loraAliases, and(eq(loraAliases.lora, loras.id), eq(loraAliases.kind, "original")))
        .where(and(...inScope({ project }), inArray(loraAliases.value, [...sha256])));
      const file = sql`jsonb_array_elements(${loras.files})`;
      const ofExperts = db
        .select({ ...loraLink, sha256: sql<string>`file -> 'weights' ->> 'sha256'` })
        .from(loras)
        .innerJoin(sql`lateral ${file} as file`, sql`true`)
        // The digest of the first file is among those that `asIs` looks at.
        .where(
          and(
            ...inScope({ project }),
            inArray(sql`file -> 'weights' ->> 'sha256'`, [...sha256]),
            sql`file -> 'weights' ->> 'sha256' <> ${loras.weightsSha256}`,
          ),
        );
      return [...(await asIs), ...(await converted), ...(await ofExperts)];
    },
  };

  /** Whether a word stands anywhere in what is written about a LoRA. */
  function holds(word: string): SQL | undefined {
    const pattern = `%${word.replace(/[\\%_]/g, "\\$&")}%`;
    const alias = db
      .select({ one: sql`1` })
      .from(loraAliases)
      .where(and(eq(loraAliases.lora, loras.id), ilike(loraAliases.value, pattern)));
    const list = (column: typeof loras.tags | typeof loras.triggerWords) =>
      sql`array_to_string(${column}, ' ') ilike ${pattern}`;
    return or(
      ilike(loras.name, pattern),
      list(loras.triggerWords),
      list(loras.tags),
      ilike(loras.baseModel, pattern),
      ilike(loras.family, pattern),
      ilike(loras.notes, pattern),
      exists(alias),
    );
  }
}

const wordsOf = (text = "") => text.split(/\s+/).filter((word) => word !== "");
