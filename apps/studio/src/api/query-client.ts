import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";
import { connection } from "./connection.ts";
import { isPassing, isSignedOut } from "./problem.ts";

const ATTEMPTS = 3;

/**
 * What is known of the server, and when it is asked again. Failures of queries are shown where their answers would be;
 * `failure` hears of mutations that failed, but for those that tell of it in place (`meta: { toldInPlace: true }`), and
 * `signedOut` of keys that are not taken any more.
 */
export function createQueryClient(on: { failure(error: unknown): void; signedOut(error: unknown): void }): QueryClient {
  return new QueryClient({
    queryCache: new QueryCache({
      onSuccess: () => connection.answered(),
      onError: (error) => {
        connection.failed(error);
        if (isSignedOut(error)) on.signedOut(error);
      },
    }),
    mutationCache: new MutationCache({
      onError: (error, _variables, _result, mutation) => {
        if (mutation.meta?.toldInPlace) return;
        if (isSignedOut(error)) on.signedOut(error);
        else on.failure(error);
      },
    }),
    defaultOptions: {
      queries: {
        staleTime: 2_000,
        retry: (failures, error) => failures < ATTEMPTS && isPassing(error),
        // Tells an API that is back from one that is gone.
        refetchInterval: (query) => (query.state.error && isPassing(query.state.error) ? 3_000 : false),
        networkMode: "always",
      },
      mutations: { networkMode: "always" },
    },
  });
}
