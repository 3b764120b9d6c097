import { UserError } from "@loramill/contracts";
import type { Connection } from "../connection.ts";
import { and, desc, eq, exists, ilike, inArray, like, or, type SQL, sql } from "../drizzle.ts";
import { loraAliases, loras } from "../schema/loras.ts";
import { hasFile, hasTensors, inScope, type LibraryLora, type LoraScope, selectLoras } from "./lora-rows.ts";

export interface LoraRef extends LoraScope {
  /** A name (then the newest version), `name@version`, an id, an alias, a hash of the file, or a unique beginning. */
  readonly lora: string;
}

const HASHES = ["autov1", "sshs", "sshs-legacy", "original"] as const;

/** More than this many answers say no more than that a beginning is too short. */
const MAX_CANDIDATES = 100;
/** Beginnings shorter than this would name something by accident. */
const MIN_PREFIX = 3;
const MIN_HEX_PREFIX = 6;

/**
 * The LoRA that people or programs mean by a word. Names come before aliases, these before hashes and file names, and
 * whole words before beginnings. Throws UserError `ambiguous-lora` when several fit equally well; null when none does.
 */
export async function findLora(db: Connection["db"], ref: LoraRef): Promise<LibraryLora | null> {
  for (const condition of meanings(db, ref.lora.trim())) {
    const rows = await selectLoras(db, ref)
      .query.where(and(...inScope(ref), condition))
      .orderBy(desc(loras.version), desc(loras.id))
      .limit(MAX_CANDIDATES);
    if (rows.length > 0) return theOne(ref.lora, rows);
  }
  return null;
}

/** What a word may mean, the surest first. */
function meanings(db: Connection["db"], word: string): SQL[] {
  const hasAlias = (condition: SQL) =>
    exists(
      db
        .select({ one: sql`1` })
        .from(loraAliases)
        .where(and(eq(loraAliases.lora, loras.id), condition)),
    );
  const numbered = /^(.+)@(\d{1,9})$/.exec(word);
  const named = numbered === null ? eq(loras.name, word) : versionOf(numbered[1] ?? "", Number(numbered[2]));
  const hash = word.toLowerCase().replace(/^0x/, "");
  const hashed = [loras.document, loras.weightsSha256, loras.tensorsSha256];
  const found = [
    named,
    eq(loras.id, word),
    hasAlias(and(eq(loraAliases.kind, "name"), eq(loraAliases.value, word)) as SQL),
    or(
      eq(loras.document, hash),
      hasFile(hash),
      hasTensors(hash),
      hasAlias(and(inArray(loraAliases.kind, HASHES), eq(loraAliases.value, hash)) as SQL),
    ),
    or(
      hasAlias(and(eq(loraAliases.kind, "file"), inArray(loraAliases.value, [word, `${word}.safetensors`])) as SQL),
      ourFile(word),
    ),
  ];
  if (word.length >= MIN_PREFIX) {
    const start = `${word.replace(/[\\%_]/g, "\\$&")}%`;
    found.push(
      or(ilike(loras.name, start), hasAlias(and(eq(loraAliases.kind, "name"), ilike(loraAliases.value, start)) as SQL)),
    );
    if (/^lor_[0-9a-f]+$/.test(word)) found.push(like(loras.id, `${word}%`));
    if (hash.length >= MIN_HEX_PREFIX && /^[0-9a-f]+$/.test(hash)) {
      found.push(or(...hashed.map((column) => like(column, `${hash}%`))));
    }
  }
  return found.filter((condition) => condition !== undefined);
}

const versionOf = (name: string, version: number) => and(eq(loras.name, name), eq(loras.version, version));

/** A file as `download` calls it, `name-v2.safetensors` or `name-v2_high_noise.safetensors`, or as runs save theirs. */
function ourFile(word: string): SQL | undefined {
  const stem = word.replace(/\.safetensors$/i, "").replace(/_(high|low)_noise$/, "");
  const numbered = /^(.+)-v(\d{1,9})$/.exec(stem);
  if (numbered !== null) return versionOf(numbered[1] ?? "", Number(numbered[2]));
  return stem === word ? undefined : eq(loras.name, stem);
}

/** The newest, where all are versions of one name or hold the same tensors. */
function theOne(word: string, rows: readonly LibraryLora[]): LibraryLora | null {
  const [first] = rows;
  if (first === undefined) return null;
  const isOne =
    rows.every(({ name }) => name === first.name) || rows.every((row) => row.tensorsSha256 === first.tensorsSha256);
  if (isOne) return first;
  const candidates = rows.slice(0, 8).map(({ name, version }) => `${name}@${version}`);
  const more = rows.length > candidates.length ? " and others" : "";
  throw new UserError(`"${word}" may be ${candidates.join(", ")}${more}: give one of them`, {
    code: "ambiguous-lora",
    details: { given: word, candidates },
  });
}
