import { GenerationGrid, type GenerationSummary, isFinal, type RunView } from "@loramill/contracts";
import type { Client } from "@loramill/sdk";
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useClient } from "../../api/client.tsx";
import { useKeptUrls } from "../../api/kept-urls.ts";
import { keepFiles } from "../generations/keep-files.ts";

const REFRESH_MS = 1_500;
/** More than these are left to the library. */
const MOST_SHOWN = 600;

export interface Results {
  /** By their place in the grid; of those that were drawn more than once the newest. */
  readonly items: readonly GenerationSummary[];
  readonly error: unknown;
  renew(): void;
}

/** What a run has generated so far, again and again until it ends. */
export function useResults(run: Pick<RunView, "id" | "state">): Results {
  const client = useClient();
  const { keep, forget } = useKeptUrls();
  const isOver = isFinal("run", run.state);
  const query = useQuery({
    queryKey: ["generations", "of-run", run.id, isOver],
    queryFn: ({ signal }) => listAll(client, run.id, signal),
    refetchInterval: isOver ? false : REFRESH_MS,
    placeholderData: (before) => before,
  });
  const items = useMemo(() => keepFiles(query.data ?? [], keep), [query.data, keep]);
  return {
    items,
    error: query.error,
    renew: () => {
      forget();
      void query.refetch();
    },
  };
}

async function listAll(client: Client, run: string, signal: AbortSignal): Promise<readonly GenerationSummary[]> {
  const byPlace = new Map<number, GenerationSummary>();
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<typeof client.generations.list>> = await client.generations.list({
      ...{ run, limit: 200, signal },
      ...(cursor === null ? {} : { cursor }),
    });
    for (const item of page.items) if (!byPlace.has(item.index)) byPlace.set(item.index, item);
    cursor = page.next;
  } while (cursor !== null && byPlace.size < MOST_SHOWN);
  return [...byPlace.values()].sort((one, other) => one.index - other.index);
}

/** The grid that a run draws, as it was planned; null while that is not known, and for runs that generate nothing. */
export function useGrid(run: string): GenerationGrid | null {
  const client = useClient();
  const { data } = useQuery({
    queryKey: ["grid", run],
    queryFn: async ({ signal }) => {
      const { steps } = await client.getPlan(run, signal);
      const digest = steps.find(({ kind }) => kind === "generate")?.params.grid;
      return typeof digest === "string" ? GenerationGrid.parse(await client.getDocument("grid", digest, signal)) : null;
    },
    staleTime: Number.POSITIVE_INFINITY,
  });
  return data ?? null;
}
