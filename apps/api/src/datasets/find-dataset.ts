import type { Catalog, LibraryDataset } from "@loramill/catalog";
import { nearNames, type ProjectId, UserError } from "@loramill/contracts";

export interface DatasetCatalog {
  readonly library: Pick<Catalog["library"], "datasets" | "datasetNames">;
  readonly projects: Pick<Catalog["projects"], "list">;
}

/** Names that are listed where one was not found, or versions where a digest was cut too short. */
const MOST_LISTED = 5;
/** Fewer hex digits alone are taken for a name only. */
const FEWEST_DIGITS = 8;

/**
 * The version that a name (the newest), `name@digest`, a digest or an id names; digests may be cut short as long as they
 * are the beginning of one version only. An operator, who sees all projects, has to say which dataset of a name is meant where
 * several have one. UserError `dataset-not-found` or `dataset-ambiguous`, with what was perhaps meant.
 */
export async function findDataset(
  { library, projects }: DatasetCatalog,
  { dataset, project }: { readonly dataset: string; readonly project?: ProjectId | undefined },
): Promise<LibraryDataset> {
  const [name = "", digits] = dataset.split("@");
  if (digits !== undefined) return (await only({ name, digest: digits })) ?? refuse();
  return (await newest()) ?? (await ofId()) ?? (await ofDigits(name)) ?? refuse();

  async function newest(): Promise<LibraryDataset | undefined> {
    const { items } = await library.datasets({ name, project, newest: true, limit: MOST_LISTED });
    if (items.length < 2) return items[0];
    const names = new Map<string, string>((await projects.list()).map((each) => [each.id, each.name]));
    const versions = items.map(({ id, project: of }) => `${id} (project ${names.get(of)})`);
    throw new UserError(
      `several projects have a dataset ${name}: ${versions.join(", ")}; give the id of the one that is meant, or use a key of its project`,
      { code: "dataset-ambiguous", details: { dataset, versions } },
    );
  }

  async function ofId(): Promise<LibraryDataset | undefined> {
    return (await library.datasets({ id: name, project, limit: 1 })).items[0];
  }

  async function ofDigits(text: string): Promise<LibraryDataset | undefined> {
    return new RegExp(`^[0-9a-f]{${FEWEST_DIGITS},64}$`).test(text) ? only({ digest: text }) : undefined;
  }

  async function only(filter: { name?: string; digest: string }): Promise<LibraryDataset | undefined> {
    const { items } = await library.datasets({ ...filter, project, limit: 100 });
    const versions = [...new Map(items.map((row) => [row.digest, row])).values()];
    if (versions.length < 2) return versions[0];
    const shown = versions.slice(0, MOST_LISTED).map((row) => `${row.name}@${row.digest.slice(0, 12)}`);
    throw new UserError(
      `${dataset} is the beginning of ${versions.length} versions: ${shown.join(", ")}${versions.length > shown.length ? " …" : ""}; give more digits`,
      { code: "dataset-ambiguous", details: { dataset, versions: shown } },
    );
  }

  async function refuse(): Promise<never> {
    const versions = digits === undefined ? [] : (await library.datasets({ name, project, limit: MOST_LISTED })).items;
    const names = await library.datasetNames({ project });
    const [near] = nearNames(name, names);
    const why =
      versions.length > 0
        ? `${name} has no version ${digits}; its newest: ${versions.map((row) => row.digest.slice(0, 12)).join(", ")}`
        : `there is no dataset ${dataset}${near === undefined || near === name ? "" : `; did you mean ${near}?`}`;
    throw new UserError(`${why}; \`loramill dataset list\` names them`, {
      code: "dataset-not-found",
      details: { dataset, ...(near === undefined ? {} : { near }) },
    });
  }
}
