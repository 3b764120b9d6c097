import { Digest, type RunSpec, type Source, type SourceSpec, UserError } from "@loramill/contracts";

/** A spec in which dataset versions are named by digest alone. */
export type PinnedSpec = Omit<RunSpec, "dataset"> & {
  readonly dataset: Omit<RunSpec["dataset"], "sources"> & { readonly sources: Source[] };
};

/**
 * Puts digests in the place of names of dataset versions, so that what is planned stays what it was when a newer version
 * appears. A whole digest is its own proof and is not looked up.
 */
export async function pinDatasets(spec: RunSpec, find: (dataset: string) => Promise<Digest>): Promise<PinnedSpec> {
  const { sources, cleaning } = spec.dataset;
  const digestOf = async (dataset: string, field: string): Promise<Digest> => {
    if (Digest.safeParse(dataset).success) return dataset;
    try {
      return await find(dataset);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      const { code, details } = error;
      throw new UserError(`${field}: ${error.message}`, { code, cause: error, details: { ...details, field } });
    }
  };
  const pin = async (source: SourceSpec, index: number): Promise<Source> => {
    if (source.type !== "dataset") return source;
    const { dataset = "", digest = await digestOf(dataset, `dataset.sources.${index}.dataset`) } = source;
    return { type: "dataset", digest };
  };
  return {
    ...spec,
    dataset: {
      ...spec.dataset,
      sources: await Promise.all(sources.map(pin)),
      cleaning: {
        ...cleaning,
        against: await Promise.all(cleaning.against.map((one, at) => digestOf(one, `dataset.cleaning.against.${at}`))),
      },
    },
  };
}
