import { type Catalog, type LibraryLora, weightsOf } from "@loramill/catalog";
import { blobKey, type LoraSummary, type LoraView, type ProjectId } from "@loramill/contracts";
import type { SignUrl } from "../sign-url.ts";

export async function toLoraSummary(row: LibraryLora, signUrl: SignUrl): Promise<LoraSummary> {
  const { id, name, version, family, variant, familyFrom, dialect, rank, baseModel, tags, bytes, document } = row;
  return {
    id,
    name,
    version,
    family,
    variant,
    familyFrom,
    dialect,
    rank,
    baseModel,
    triggerWords: row.triggerWords,
    tags,
    bytes,
    sha256: row.weightsSha256,
    weights: weightsOf(row),
    document,
    source: row.source,
    origin: row.origin,
    run: row.run === "" ? null : row.run,
    rating: row.stars === null ? null : { average: row.stars, count: row.ratings ?? 0 },
    coverUrl: row.cover === null ? null : await signUrl(blobKey(row.cover)),
    createdAt: row.createdAt.toISOString(),
    deletedAt: row.deletedAt?.toISOString() ?? null,
  };
}

/** A LoRA with everything that people wrote about it. */
export async function toLoraView(
  row: LibraryLora,
  { catalog, signUrl }: { readonly catalog: Pick<Catalog, "loras" | "projects">; readonly signUrl: SignUrl },
): Promise<LoraView> {
  const project = row.project as ProjectId;
  const { aliases, ratings, versions } = await catalog.loras.details({ project, id: row.id, name: row.name });
  const valuesOf = (kind: string) => aliases.filter((alias) => alias.kind === kind).map(({ value }) => value);
  return {
    ...(await toLoraSummary(row, signUrl)),
    project: (await catalog.projects.get(project))?.name ?? project,
    notes: row.notes,
    hashes: {
      sha256: row.weightsSha256,
      tensorsSha256: row.tensorsSha256,
      autoV1: valuesOf("autov1")[0] ?? null,
      autoV2: row.weightsSha256.slice(0, 10),
      autoV3: row.tensorsSha256.slice(0, 12),
      sshs: valuesOf("sshs")[0] ?? null,
      sshsLegacy: valuesOf("sshs-legacy")[0] ?? null,
    },
    aliases: valuesOf("name"),
    files: valuesOf("file"),
    ratings: ratings.map(({ stars, comment, by, createdAt }) => ({ stars, comment, by, at: createdAt.toISOString() })),
    versions: versions.map(({ createdAt, ...version }) => ({ ...version, createdAt: createdAt.toISOString() })),
  };
}
