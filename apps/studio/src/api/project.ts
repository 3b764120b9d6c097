import { useQuery } from "@tanstack/react-query";
import { store, useStored } from "../lib/use-stored.ts";
import { useClient } from "./client.tsx";

const KEY = "loramill-project";

/** The project whose things are shown; null: those of all that the key may see. */
export const useProject = (): string | null => useStored(localStorage, KEY);

export const chooseProject = (project: string | null): void => store(localStorage, KEY, project);

/** The same as part of a question: `{ project }`, or nothing. */
export function useProjectFilter(): { readonly project?: string } {
  const project = useProject();
  return project === null ? {} : { project };
}

/** Names of projects: those that ever cost anything, were chosen, or have one of the latest runs. */
export function useProjectNames(): readonly string[] {
  const client = useClient();
  const chosen = useProject();
  const { data } = useQuery({
    queryKey: ["project-names"],
    queryFn: async ({ signal }) => {
      const [costs, runs] = await Promise.all([
        client.costs({ by: "project", limit: 1_000, signal }),
        client.listRuns({ limit: 200, signal }),
      ]);
      return [...costs.rows.map(({ label }) => label), ...runs.items.map(({ project }) => project)];
    },
    staleTime: 30_000,
  });
  return [...new Set([...(data ?? []), ...(chosen === null ? [] : [chosen])])].filter(Boolean).sort();
}
