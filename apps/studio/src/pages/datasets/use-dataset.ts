import type { DatasetSummary, DatasetView, DeriveRequestInput } from "@loramill/contracts";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useClient } from "../../api/client.tsx";
import { toast } from "../../ui/toasts.tsx";

/** Versions that are listed, newest first. */
const MOST_VERSIONS = 200;

export interface Dataset {
  /** As it was named: by its name alone it is the newest version. */
  readonly dataset: string;
  readonly view: DatasetView;
  readonly versions: readonly DatasetSummary[];
  /** Its own line of `versions`; undefined where it is older than those that are listed. */
  readonly version: DatasetSummary | undefined;
  /** What is older is looked at, and restored, but not changed. */
  readonly isNewest: boolean;
  /** The newest version up to this one that a run made: it knows what was left out. */
  readonly origin: DatasetSummary | undefined;
}

export function useDataset(dataset: string) {
  const client = useClient();
  return useQuery({
    queryKey: ["datasets", "one", dataset],
    queryFn: async ({ signal }): Promise<Dataset> => {
      const view = await client.datasets.get(dataset, signal);
      const { items: versions } = await client.datasets.list({ name: view.name, limit: MOST_VERSIONS, signal });
      const at = versions.findIndex(({ digest }) => digest === view.digest);
      const origin = versions.slice(Math.max(0, at)).find(({ run }) => run !== null);
      return { dataset, view, versions, version: versions[at], isNewest: at === 0, origin };
    },
  });
}

/** Makes a new version with a change; changes are made one after the other, each on the version that the last one made. */
export function useDerive(name: string) {
  const client = useClient();
  const queries = useQueryClient();
  return useMutation({
    scope: { id: `dataset ${name}` },
    mutationFn: ({ change, from = name }: { change: DeriveRequestInput; from?: string; said: string }) =>
      client.datasets.derive(from, change),
    onSuccess: async (_, { said }) => {
      toast.done(said);
      await queries.invalidateQueries({ queryKey: ["datasets"] });
    },
  });
}
