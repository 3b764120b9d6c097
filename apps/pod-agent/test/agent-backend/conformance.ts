import { runTrainingBackendSuite } from "@loramill/testkit";
import { openTrial, type TrialOptions } from "../open-trial.ts";

/** The suite that every training backend passes, on an agent with one trainer. */
export function agentConformance(name: string, options: TrialOptions): void {
  runTrainingBackendSuite(`agent with ${name}`, async () => {
    const { backend, request, makeBackend, stores, remote, close } = await openTrial(options);
    return {
      backend,
      request,
      reopen: async (crash) => makeBackend({}, crash),
      hasObjects: async (prefix) => {
        for await (const _ of stores.objects.list(prefix)) return true;
        return false;
      },
      remote,
      knowsMarkers: true,
      close,
    };
  });
}
