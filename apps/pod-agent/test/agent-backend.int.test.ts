import { runTrainingBackendSuite } from "@loramill/testkit";
import { openTrial } from "./open-trial.ts";

for (const trainer of ["ai-toolkit", "sd-scripts", "simpletuner"] as const) {
  runTrainingBackendSuite(`agent with ${trainer}`, async () => {
    const { backend, request, makeBackend, stores, remote, close } = await openTrial({ trainer });
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
