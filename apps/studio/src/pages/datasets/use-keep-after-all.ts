import type { RunSpecInput } from "@loramill/contracts";
import { useMutation } from "@tanstack/react-query";
import { useLocation } from "wouter";
import { useClient } from "../../api/client.tsx";
import { useConfirm } from "../../ui/confirm.tsx";
import { specThatKeeps } from "./spec-that-keeps.ts";
import type { Dataset } from "./use-dataset.ts";

/** Makes the dataset again by a run, with pictures that its checks left out; leads to that run. */
export function useKeepAfterAll({ origin, view, versions }: Dataset) {
  const client = useClient();
  const confirm = useConfirm();
  const [, go] = useLocation();
  const start = useMutation({
    mutationFn: async (spec: RunSpecInput) => client.createRun(spec),
    onSuccess: ({ id }) => go(`/runs/${id}`),
  });
  const keep = async (paths: readonly string[]) => {
    if (!origin?.run) return;
    const spec = specThatKeeps(await client.getPlan(origin.run), paths);
    const changes = versions.filter(({ version, run }) => version > origin.version && run === null).length;
    const pictures = paths.length === 1 ? "this picture" : `these ${paths.length} pictures`;
    const sure = await confirm({
      title: `Keep ${pictures} after all`,
      body:
        `A run reads the sources of ${view.name} as they were and makes a new version in which ${pictures} cannot be left out. ` +
        `What is the same as before is not done again.${
          changes === 0
            ? ""
            : ` What was changed by hand since (${changes} versions) is not in it, and stays in the versions.`
        }`,
      action: "Start the run",
    });
    if (sure) start.mutate(spec);
  };
  return { keep: (paths: readonly string[]) => void keep(paths), isPending: start.isPending };
}
