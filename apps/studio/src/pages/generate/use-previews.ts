import { GenerationPreview, type RunView } from "@loramill/contracts";
import { useQueries } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useClient } from "../../api/client.tsx";

/** The newest look at each picture that is being drawn, by its place in the grid, where the backend shows any. */
export function usePreviews(run: RunView): ReadonlyMap<number, string> {
  const client = useClient();
  const told = run.steps.find(({ kind, state }) => kind === "generate" && state === "running")?.progress?.previews;
  const { data: previews = [] } = GenerationPreview.array().safeParse(told ?? []);
  const answers = useQueries({
    queries: previews.map(({ item, at, url }) => ({
      queryKey: ["preview", run.id, item, at],
      // An <img> sends no key.
      queryFn: async ({ signal }: { signal: AbortSignal }) => ({ item, bytes: await client.download(url, signal) }),
      retry: false,
      staleTime: Number.POSITIVE_INFINITY,
      gcTime: 0,
    })),
    combine: (results) => results.flatMap(({ data }) => (data === undefined ? [] : [data])),
  });
  const [urls, setUrls] = useState<ReadonlyMap<number, string>>(new Map());
  useEffect(() => {
    const made = new Map(
      answers.map(({ item, bytes }) => [item, URL.createObjectURL(new Blob([bytes as Uint8Array<ArrayBuffer>]))]),
    );
    setUrls(made);
    return () => {
      for (const url of made.values()) URL.revokeObjectURL(url);
    };
  }, [answers]);
  return urls;
}
