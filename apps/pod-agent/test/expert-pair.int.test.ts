import { AgentManifest, checkpointsOfJob, loraFiles, type Recipe } from "@loramill/contracts";
import { backendContext, pollTraining, tensorsOf } from "@loramill/testkit";
import { afterEach, describe, expect, it } from "vitest";
import { openTrial, pairRecipe, type TrialOptions } from "./open-trial.ts";

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function open(recipe: Recipe, options: TrialOptions = {}) {
  const trial = await openTrial({ trainer: "ai-toolkit", recipe, ...options });
  cleanups.push(trial.close);
  return trial;
}
type Trial = Awaited<ReturnType<typeof open>>;

async function trainWhole({ backend, request }: Trial) {
  const { remoteId } = await backend.submit(request, backendContext());
  const statuses = await pollTraining(backend, remoteId, request);
  expect(statuses.at(-1)?.kind).toBe("succeeded");
  return backend.collect(remoteId, request, backendContext({ epoch: 9_000 }));
}

/** The manifests that agents committed of a job. */
async function manifestsOf({ stores }: Trial, job: string): Promise<AgentManifest[]> {
  const manifests: AgentManifest[] = [];
  for await (const { key } of stores.objects.list(checkpointsOfJob(job))) {
    if (!key.endsWith("COMMITTED.json")) continue;
    const chunks: Uint8Array[] = [];
    for await (const chunk of (await stores.objects.get(key)).body) chunks.push(chunk);
    manifests.push(AgentManifest.parse(JSON.parse(Buffer.concat(chunks).toString())));
  }
  return manifests;
}

describe("a training of the experts of Wan 2.2", () => {
  it("makes one LoRA of two files, whose machine may be lost on the way, with the same values as without a loss", async () => {
    const whole = await trainWhole(await open(pairRecipe));
    expect(loraFiles(whole).map(({ role }) => role)).toEqual(["high", "low"]);
    expect(new Set(tensorsOf(whole)).size).toBe(2);
    expect(whole).toMatchObject({ weights: whole.files?.[0]?.weights, steps: 60 });

    const trial = await open(pairRecipe);
    const { backend, request, remote, scripted, stores } = trial;
    await trial.holdAfterSaves(1);
    const { remoteId } = await backend.submit(request, backendContext());
    let hasSaved = false;
    let epoch = 2;
    for (; !hasSaved && epoch < 1_000; epoch += 1) {
      const [status] = await pollTraining(backend, remoteId, request, { fromEpoch: epoch, turns: 1 });
      hasSaved = status?.kind === "running" && status.checkpoints.length > 0;
    }
    expect(hasSaved).toBe(true);
    await remote.vanish();
    const [lost] = await pollTraining(backend, remoteId, request, { fromEpoch: epoch, turns: 1 });
    expect(lost?.kind).toBe("lost");
    const again = await backend.submit(request, backendContext({ epoch: epoch + 1 }));
    const statuses = await pollTraining(backend, again.remoteId, request, { fromEpoch: epoch + 2 });
    expect(statuses.at(-1)?.kind).toBe("succeeded");
    const collected = await backend.collect(again.remoteId, request, backendContext({ epoch: 9_000 }));
    expect(tensorsOf(collected)).toEqual(tensorsOf(whole));
    expect((await scripted.starts()).at(-1)).toBe(collected.resumedFromSteps.at(-1));
    for (const { role, weights } of loraFiles(collected)) {
      const file = await stores.blobs.read(weights, { maxBytes: 1e6 });
      expect(Buffer.from(file).toString("latin1")).toContain(`"loramill.expert":"${role}"`);
    }
    for (const { experts, files, final } of await manifestsOf(trial, backendContext().job)) {
      expect(experts?.map(({ role }) => role)).toEqual(["high", "low"]);
      expect(files.length).toBe(final ? 2 : 3);
    }
  });

  it("makes one file, and says which, of one expert", async () => {
    const low = { ...pairRecipe, experts: { high: null, low: { steps: 20 }, boundary: 0.875 } };
    const collected = await trainWhole(await open(low));
    expect(loraFiles(collected).map(({ role }) => role)).toEqual(["low"]);
    expect(collected.steps).toBe(20);
  });

  it("is refused where no trainer can do it", async () => {
    for (const trainer of ["sd-scripts", "simpletuner"] as const) {
      const { backend, request } = await open(pairRecipe, { trainer });
      expect(backend.validate(pairRecipe)).toMatchObject([{ field: "family", severity: "error" }]);
      await expect(backend.submit(request, backendContext())).rejects.toThrow(/trains wan22; ai-toolkit can/);
    }
  });
});
