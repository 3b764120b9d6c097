import { type Catalog, type LibraryLora, weightsOf } from "@loramill/catalog";
import type { LoraDocument, LoraLineage, ProjectId, RunId, Stores } from "@loramill/contracts";

type Training = NonNullable<LoraLineage["training"]>;

/** Where a LoRA comes from, by its document and its run, and what came of it, by what later runs noted. */
export async function readLoraLineage(
  row: LibraryLora,
  { catalog, stores }: { readonly catalog: Catalog; readonly stores: Pick<Stores, "documents"> },
): Promise<LoraLineage> {
  const scope = { project: row.project as ProjectId };
  const document = await stores.documents.get("lora", row.document);
  const parents = document.made?.from.flatMap(({ document: parent }) => (parent === null ? [] : [parent])) ?? [];
  const weights = weightsOf(row);
  const [training, from, became, runs] = await Promise.all([
    trainingOf(document, row, catalog),
    catalog.loras.byDocuments(scope, parents),
    catalog.loras.madeOf(scope, row.document),
    catalog.loras.generationsWith(
      scope,
      weights.map(({ sha256 }) => sha256),
    ),
  ]);
  const { id, name, version } = row;
  return {
    lora: { id, name, version, document: row.document },
    weights,
    source: row.source,
    training,
    made: document.made,
    from,
    became,
    generations: { count: runs.reduce((sum, { count }) => sum + count, 0), runs },
  };
}

async function trainingOf(document: LoraDocument, row: LibraryLora, catalog: Catalog): Promise<Training | null> {
  const { recipe, dataset, backend, images, steps, finalLoss, computeSeconds, deviations } = document;
  if (recipe === null) return null;
  const project = row.project as ProjectId;
  const [run, versions] = await Promise.all([
    catalog.runs.get({ run: row.run as RunId, project }),
    dataset === null ? null : catalog.library.datasets({ project, digest: dataset, limit: 1 }),
  ]);
  const version = versions?.items[0];
  return {
    run: row.run,
    backend,
    dataset:
      dataset === null ? null : { digest: dataset, name: version?.name ?? null, version: version?.version ?? null },
    captions: run?.steps.find(({ kind }) => kind === "caption")?.output ?? null,
    recipe,
    images,
    steps,
    finalLoss,
    computeSeconds,
    deviations,
  };
}
