import { type ArtifactView, isFinal, type RefusedItem, type RunView } from "@loramill/contracts";
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useClient } from "../../api/client.tsx";
import { useKeptUrls } from "../../api/kept-urls.ts";

const REFRESH_MS = 4_000;

export interface Artifacts {
  readonly items: readonly ArtifactView[];
  /** Pictures and clips that were generated, sheets of them, and samples of trainings. */
  readonly pictures: readonly ArtifactView[];
  readonly refused: readonly RefusedItem[];
  readonly isPending: boolean;
  readonly error: unknown;
  /** Gets links that work again. */
  renew(): void;
}

/** What a run has made so far, again and again until it ends. */
export function useArtifacts(run: Pick<RunView, "id" | "state">): Artifacts {
  const client = useClient();
  const { keep, forget } = useKeptUrls();
  const isOver = isFinal("run", run.state);
  const query = useQuery({
    queryKey: ["artifacts", run.id, isOver],
    queryFn: ({ signal }) => client.listArtifacts(run.id, { signal }),
    refetchInterval: isOver ? false : REFRESH_MS,
    placeholderData: (before) => before,
  });
  const items = useMemo(() => keep(query.data?.items ?? []), [keep, query.data]);
  return {
    items,
    pictures: items.filter(({ mediaType }) => /^(image|video)\//.test(mediaType)),
    refused: query.data?.refused ?? [],
    isPending: query.isPending,
    error: query.error,
    renew: () => {
      forget();
      void query.refetch();
    },
  };
}
