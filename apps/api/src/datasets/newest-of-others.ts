import type { Catalog, LibraryDataset } from "@loramill/catalog";
import type { ProjectId } from "@loramill/contracts";

/** The newest version of every other dataset of the project. */
export async function newestOfOthers(
  library: Pick<Catalog["library"], "datasets">,
  { project, name }: LibraryDataset,
): Promise<LibraryDataset[]> {
  const newest = new Map<string, LibraryDataset>();
  let cursor: string | undefined;
  do {
    const page = await library.datasets({ project: project as ProjectId, limit: 200, cursor });
    for (const row of page.items) if (row.name !== name && !newest.has(row.name)) newest.set(row.name, row);
    cursor = page.next ?? undefined;
  } while (cursor !== undefined);
  return [...newest.values()];
}
