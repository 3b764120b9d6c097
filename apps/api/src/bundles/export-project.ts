import { LibraryRecord, reach, referencesOfLibrary } from "@loramill/bundles";
import type { Catalog } from "@loramill/catalog";
import type { BundlePart, Stores } from "@loramill/contracts";
import { type GatheredBundle, gatherBundle, referIn } from "./gather.ts";

type Project = NonNullable<Awaited<ReturnType<Catalog["projects"]["get"]>>>;

/** The state of a project as one archive: recipes, versions of datasets, captions, LoRAs. Equal states give equal bytes. */
export async function exportProject(
  { id, name }: Pick<Project, "id" | "name">,
  { without, signal }: { readonly without: readonly BundlePart[]; readonly signal: AbortSignal },
  { catalog, stores }: { readonly catalog: Pick<Catalog, "bundles" | "recipes">; readonly stores: Stores },
): Promise<GatheredBundle> {
  const { bundles } = catalog;
  const recipes = await catalog.recipes.list(id);
  const all = { project: id, documents: "all", run: null } as const;
  const library = LibraryRecord.parse({
    format: "loramill-library/1",
    recipes: recipes.map(({ name: of, description, recipe }) => ({ name: of, description, recipe })),
    datasets: await bundles.datasets(all),
    loras: await bundles.loras(all),
    captions: await bundles.captions(id),
  });
  const reached = await reach(referencesOfLibrary(library), referIn(stores));
  return gatherBundle(
    { kind: "project", name, without, records: { "library.json": library }, reached },
    stores,
    signal,
  );
}
