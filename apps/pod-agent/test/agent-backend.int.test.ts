import { runTrainingBackendSuite } from "@loramill/testkit";
import { openTrial, pairRecipe, type TrialOptions } from "./open-trial.ts";

const trials: Record<string, TrialOptions> = {
  "ai-toolkit": { trainer: "ai-toolkit" },
  "sd-scripts": { trainer: "sd-scripts" },
  simpletuner: { trainer: "simpletuner" },
  "ai-toolkit, on both experts of Wan 2.2": { trainer: "ai-toolkit", recipe: pairRecipe },
};

for (const [name, options] of Object.entries(trials)) {
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
