import type { Catalog, LibraryLora } from "@loramill/catalog";
import { GenerationFamily, type ProjectId, type Stores } from "@loramill/contracts";
import type { LoraFacts, RatingEvent } from "@loramill/intelligence";
import type { Embeddings } from "./embed-loras.ts";

/** LoRAs that are looked at, the newest first; a library of more is searched by name. */
const MOST_LORAS = 2_000;
const PAGE = 200;

/** A LoRA of the library as choices see it, and as plans name it. */
export interface KnownLora {
  readonly facts: LoraFacts;
  /** `name@version`, which stays this one when a newer one comes. */
  readonly called: string;
  readonly document: string;
  /** In the words of the library. */
  readonly family: string;
}

export interface LibrarySources {
  readonly catalog: Catalog;
  readonly stores: Pick<Stores, "documents">;
  readonly embeddings: Embeddings;
}

/** What the library of a project knows of the newest version of each LoRA. */
export async function knownLoras(
  project: ProjectId,
  ratings: readonly RatingEvent[],
  { catalog, stores, embeddings }: LibrarySources,
  signal?: AbortSignal,
): Promise<KnownLora[]> {
  const rows = await newestVersions(catalog, project);
  const captions = await catalog.choosing.captionsOfRuns(rows.flatMap(({ run }) => (run === "" ? [] : [run])));
  const parents = await parentsOf(rows, stores);
  const points = await embeddings.ofLoras(
    rows.map((row) => ({ texts: textsOf(row, captions.get(row.run) ?? []), cover: row.cover })),
    signal,
  );
  return rows.map((row, at) => {
    const { id, name, version, family, document, triggerWords, tags, notes, stars } = row;
    return {
      called: `${name}@${version}`,
      document,
      family,
      facts: {
        id,
        name,
        family: drawnFamily(family),
        triggerWords,
        tags,
        description: notes,
        captionTags: sharesOf(captions.get(row.run) ?? []),
        lineage: parents.get(id) ?? [],
        embedding: points[at]?.embedding ?? null,
        coverEmbedding: points[at]?.coverEmbedding ?? null,
        ratings: stars === null ? null : { average: stars, count: row.ratings ?? 0 },
        bestStrength: bestStrength(name, ratings),
        usualStrength: null,
      },
    };
  });
}

/** What says most of a LoRA first. */
function textsOf({ triggerWords, tags, notes }: LibraryLora, captions: readonly string[]): string[] {
  return [triggerWords.join(", "), tags.join(", "), notes, ...captions];
}

async function newestVersions(catalog: Catalog, project: ProjectId): Promise<LibraryLora[]> {
  const newest = new Map<string, LibraryLora>();
  let cursor: string | undefined;
  do {
    const page = await catalog.loras.list({ project, limit: PAGE, cursor });
    for (const row of page.items) {
      const known = newest.get(row.name);
      if (known === undefined || known.version < row.version) newest.set(row.name, row);
    }
    cursor = page.next ?? undefined;
  } while (cursor !== undefined && newest.size < MOST_LORAS);
  return [...newest.values()];
}

/** Files do not tell the generations of Wan apart; most LoRAs for it are for the newer one. */
function drawnFamily(family: string): string {
  return family === "wan" ? "wan22" : (GenerationFamily.safeParse(family).data ?? "unknown");
}

/** Names of what a LoRA was made of. */
async function parentsOf(
  rows: readonly LibraryLora[],
  { documents }: Pick<Stores, "documents">,
): Promise<Map<string, string[]>> {
  const made = rows.filter(({ source }) => source === "made");
  const read = made.map(async ({ id, document }): Promise<[string, string[]]> => {
    const { made: making } = await documents.get("lora", document);
    return [id, (making?.from ?? []).map(({ name }) => name)];
  });
  return new Map(await Promise.all(read));
}

/** Phrases between commas, with the share of captions that hold them. */
function sharesOf(captions: readonly string[]): Record<string, number> {
  const counts = new Map<string, number>();
  for (const caption of captions) {
    for (const phrase of new Set(caption.toLowerCase().split(/[,.\n]/))) {
      const tag = phrase.trim();
      if (tag !== "" && tag.length <= 100) counts.set(tag, (counts.get(tag) ?? 0) + 1);
    }
  }
  return Object.fromEntries([...counts].map(([tag, count]) => [tag, count / captions.length]));
}

/** The strength, to tenths, whose generations were rated best; the one with more ratings of two that are equal. */
function bestStrength(lora: string, ratings: readonly RatingEvent[]): LoraFacts["bestStrength"] {
  const rated = ratings.flatMap(({ choice, stars }) => {
    const at = choice.loras.indexOf(lora);
    const strength = choice.strengths[at];
    return strength === undefined ? [] : [{ strength: Math.round(strength * 10) / 10, stars }];
  });
  const [best] = [...Map.groupBy(rated, ({ strength }) => strength)]
    .map(([strength, all]) => ({ strength, ratings: all.length, sum: all.reduce((sum, { stars }) => sum + stars, 0) }))
    .sort((a, b) => b.sum / b.ratings - a.sum / a.ratings || b.ratings - a.ratings || a.strength - b.strength);
  return best === undefined ? null : { strength: best.strength, ratings: best.ratings };
}
