import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { AgentManifest, checkpointsOfJob, type TrainingRequest, type TrainingStatus } from "@loramill/contracts";
import { backendContext, pollTraining, waitUntil } from "@loramill/testkit";
import { afterEach, describe, expect, it } from "vitest";
import { openAgent } from "../src/agent.ts";
import { isRetired } from "../src/retire.ts";
import { openTrial, TOKEN, type TrialOptions } from "./open-trial.ts";

const trainers = ["ai-toolkit", "sd-scripts", "simpletuner"] as const;

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function open(options: TrialOptions = {}) {
  const trial = await openTrial(options);
  cleanups.push(trial.close);
  return trial;
}

/** Polls until a status fits; what is thrown on the way goes on. */
async function pollUntil(
  { backend, request }: Awaited<ReturnType<typeof open>>,
  remoteId: string,
  fits: (status: TrainingStatus) => boolean,
  fromEpoch: number,
): Promise<number> {
  for (let epoch = fromEpoch; epoch < fromEpoch + 1_000; epoch += 1) {
    const [status] = await pollTraining(backend, remoteId, request, { fromEpoch: epoch, turns: 1 });
    if (status !== undefined && fits(status)) return epoch + 1;
    if (status?.kind === "succeeded") throw new Error("it ended before that came");
    // The agent is in this process too: who asks without a pause takes its time away.
    await pause(40);
  }
  throw new Error("it never came");
}

/** What a training that is driven to its end fails with. */
async function failureOf(...training: Parameters<typeof pollTraining>): Promise<Error> {
  const status = (await pollTraining(...training)).at(-1);
  if (status?.kind !== "failed") throw new Error(`it should fail, and is ${status?.kind}`);
  return status.error;
}

const hasCheckpoint = (status: TrainingStatus): boolean => status.kind === "running" && status.checkpoints.length > 0;

describe("a training on an agent", () => {
  it("goes on over three preemptions with continuous steps, and loses at most one checkpoint interval each time", async () => {
    for (const trainer of trainers) {
      // A busy machine looks seldom, and the training must not end between two looks.
      const trial = await open({ trainer, behaviour: { stepMs: 50 } });
      const recipe = { ...trial.request.recipe, steps: 100 };
      const request = { ...trial.request, recipe };
      const here = { ...trial, request };
      await trial.holdAfterSaves(1);
      let { remoteId } = await trial.backend.submit(request, backendContext());
      let epoch = 2;
      for (let preemption = 1; preemption <= 3; preemption += 1) {
        epoch = await pollUntil(here, remoteId, hasCheckpoint, epoch);
        await trial.remote.vanish();
        if (preemption < 3) await trial.holdAfterSaves(1);
        epoch = await pollUntil(here, remoteId, ({ kind }) => kind === "lost", epoch);
        ({ remoteId } = await trial.backend.submit(request, backendContext({ epoch })));
        epoch += 1;
      }
      const statuses = await pollTraining(trial.backend, remoteId, request, { fromEpoch: epoch });
      expect(statuses.at(-1)?.kind).toBe("succeeded");
      const collected = await trial.backend.collect(remoteId, request, backendContext({ epoch: 5_000 }));
      expect(collected.curve.map(({ step }) => step)).toEqual(Array.from({ length: 100 }, (_, i) => i + 1));
      const starts = await trial.scripted.starts();
      expect(starts.length).toBe(4);
      expect(collected.resumedFromSteps).toEqual(starts.slice(1));
      const computed = await trial.scripted.steps();
      const done = starts.slice(1).map((from, i) => {
        const before = computed.slice(0, nthStart(computed, starts, i + 1)).at(-1) ?? 0;
        return before - from;
      });
      for (const lost of done) expect(lost).toBeLessThanOrEqual(recipe.saveEverySteps);
      expect(collected.computeSeconds).toBeGreaterThan(0.8);
    }
  }, 300_000);

  it("trains flux with sd-scripts from single files of the store, and goes on with them when the registry forgets them", async () => {
    const trial = await open({
      behaviour: { stepMs: 25 },
      models: [
        { id: "some/flux", family: "flux", paths: ["flux1-dev.safetensors", "ae.safetensors"] },
        { id: "some/encoders", family: "flux", paths: ["clip_l.safetensors", "t5xxl (fp16).safetensors"] },
      ],
    });
    const request: TrainingRequest = {
      ...trial.request,
      recipe: { ...trial.request.recipe, family: "flux", baseModel: "some/flux" },
    };
    const lines: string[] = [];
    const context = (epoch: number) => ({ ...backendContext({ epoch }), onLog: (line: string) => lines.push(line) });
    const { remoteId } = await trial.backend.submit(request, context(1));
    const files = trial.models.splice(0).flatMap((model) => model.files);
    let status: TrainingStatus;
    let epoch = 2;
    do {
      status = await trial.backend.poll(remoteId, request, context(epoch));
      epoch += 1;
      await pause(40);
    } while (status.kind === "running" && epoch < 1_000);
    expect(status.kind).toBe("succeeded");
    const loaded = lines.flatMap(
      (line) => /^loading (\w+) from .*cache\/files\/(\w+)\/.*: (\d+) bytes$/.exec(line)?.slice(1) ?? [],
    );
    expect(loaded).toEqual(
      ["base", "ae", "clip_l", "t5xxl"].flatMap((role, i) => [
        role,
        files[i]?.stored?.sha256,
        `${files[i]?.path.length}`,
      ]),
    );
    expect((await trial.backend.collect(remoteId, request, context(epoch))).steps).toBe(request.recipe.steps);
    const held = (await trial.machines[0]?.agent.health())?.cache?.digests;
    const inputs = [...files.map(({ stored }) => stored), ...request.images.map(({ image }) => image)];
    expect(held?.toSorted()).toEqual(inputs.map((blob) => blob?.sha256).sort());

    const other = { ...request, marker: "another" };
    await expect(trial.backend.submit(other, backendContext({ job: `job_${"9".repeat(32)}` }))).rejects.toMatchObject({
      errorClass: "user",
      code: "impossible-recipe",
      message: expect.stringContaining("loramill models add some/flux --family flux"),
    });
  });

  it.each(trainers)(
    "tells every picture that %s draws on the way once, by step and prompt, and collects them all",
    async (trainer) => {
      // A busy machine looks seldom, and the training must not end between two looks.
      const trial = await open({ trainer, behaviour: { stepMs: 50 } });
      const recipe = {
        ...trial.request.recipe,
        samplePrompts: ["sks on a hill", "sks at night"],
        sampleEverySteps: 20,
      };
      const request = { ...trial.request, recipe };
      const { remoteId } = await trial.backend.submit(request, backendContext());
      const statuses = await pollTraining(trial.backend, remoteId, request);
      const told = statuses.flatMap((status) => ("samples" in status ? (status.samples ?? []) : []));
      const expected = [20, 40, 60].flatMap((step) =>
        recipe.samplePrompts.map((prompt, index) => ({ step, index, prompt })),
      );
      expect(told).toMatchObject(expected);
      for (const { step, prompt, image } of told) {
        expect(Buffer.from(await trial.stores.blobs.read(image)).toString()).toBe(`${prompt} after ${step} steps`);
      }
      const { samples } = await trial.backend.collect(remoteId, request, backendContext({ epoch: 5_000 }));
      expect(samples).toEqual(told);
    },
  );

  it("names a full GPU, and goes on from the last checkpoint with a smaller batch", async () => {
    const trial = await open({ behaviour: { outOfMemoryAtStep: 30, fitsBatch: 1 } });
    const { backend, request } = trial;
    const { remoteId } = await backend.submit(request, backendContext());
    expect(await failureOf(backend, remoteId, request)).toMatchObject({
      code: "out-of-memory",
      errorClass: "transient",
    });
    const smaller = { ...request, recipe: { ...request.recipe, batchSize: 1, gradientAccumulation: 2 } };
    expect((await pollTraining(backend, remoteId, smaller, { fromEpoch: 500, turns: 1 }))[0]?.kind).toBe("lost");
    const again = await backend.submit(smaller, backendContext({ epoch: 501 }));
    await pollTraining(backend, again.remoteId, smaller, { fromEpoch: 502 });
    const { resumedFromSteps } = await backend.collect(again.remoteId, smaller, backendContext({ epoch: 5_000 }));
    expect(resumedFromSteps).toEqual([20]);
  });

  it("stops when the loss is no number, stores nothing of it, and goes on at a lower rate", async () => {
    const trial = await open({ behaviour: { nanAtStep: 35, stableRate: 5e-5 } });
    const { backend, request } = trial;
    const { remoteId } = await backend.submit(request, backendContext());
    expect(await failureOf(backend, remoteId, request)).toMatchObject({ code: "diverged", details: { step: 35 } });
    const lower = { ...request, recipe: { ...request.recipe, learningRate: 5e-5 } };
    const again = await backend.submit(lower, backendContext({ epoch: 501 }));
    await pollTraining(backend, again.remoteId, lower, { fromEpoch: 502 });
    const { resumedFromSteps } = await backend.collect(again.remoteId, lower, backendContext({ epoch: 5_000 }));
    expect(resumedFromSteps).toEqual([20]);
  });

  it("says why a trainer crashed, once; then it is submitted again", async () => {
    const { backend, request, scripted } = await open({ behaviour: { crashAtStep: 25 } });
    const { remoteId } = await backend.submit(request, backendContext());
    expect(await failureOf(backend, remoteId, request)).toMatchObject({
      code: "trainer-failed",
      errorClass: "permanent",
      message: expect.stringContaining("shapes cannot be multiplied"),
    });
    await scripted.behave({});
    expect((await backend.poll(remoteId, request, backendContext({ epoch: 500 }))).kind).toBe("lost");
    const again = await backend.submit(request, backendContext({ epoch: 501 }));
    expect((await pollTraining(backend, again.remoteId, request, { fromEpoch: 502 })).at(-1)?.kind).toBe("succeeded");
    expect(await scripted.starts()).toEqual([0, 20]);
  });

  it("ends a trainer that says nothing any more, even one that does not want to go", async () => {
    const { backend, request } = await open({
      behaviour: { hangAtStep: 25, ignoresTerm: true },
      settings: { stallMs: 700, killMs: 300 },
    });
    const { remoteId } = await backend.submit(request, backendContext());
    expect(await failureOf(backend, remoteId, request)).toMatchObject({ code: "timeout" });
  });

  it("stops by itself when nobody asks after it, saves what it has, and gives its machine back", async () => {
    const trial = await open({ leaseSeconds: 1, behaviour: { stepMs: 60 } });
    const [machine] = trial.machines;
    const proof = join(trial.folder, "given-back");
    await machine?.stop();
    const settings = {
      ...trial.settingsOf(0),
      onLeaseLost: {
        // The network is down at first, as it mostly is when nobody asks after a training any more.
        command: ["sh", "-c", '[ -e "$PROOF.tried" ] && echo gone > "$PROOF" || ! touch "$PROOF.tried"'] as const,
        environment: { PATH: process.env.PATH ?? "", PROOF: proof },
      },
      giveBackPauseMs: 50,
    };
    const agent = await openAgent(settings);
    cleanups.push(agent.close);
    const noGrants = { expiresSeconds: 60, reads: {}, writes: [] };
    const { request } = trial;
    const reads = Object.fromEntries(
      await Promise.all(
        request.images.map(async ({ image }) => {
          const key = `blobs/${image.sha256}`;
          return [key, (await trial.stores.objects.presign(key, { method: "GET", expiresSeconds: 60 })) ?? ""];
        }),
      ),
    );
    const job = await agent.start({
      epoch: 1,
      leaseSeconds: 2,
      marker: "alone",
      request: "a".repeat(64),
      lineage: "b".repeat(64),
      trainer: "sd-scripts",
      // More than it can do before somebody should have asked.
      recipe: { ...request.recipe, steps: 1_000 },
      images: request.images.map(({ image, ...rest }) => ({ ...image, ...rest })),
      regularisationImages: [],
      models: [],
      resume: null,
      grants: { ...noGrants, reads },
    });
    await waitUntil("the machine is given back", () => existsSync(proof));
    const { state } = await agent.poll(job.id, { epoch: 2, leaseSeconds: 10, logOffset: 0, grants: noGrants });
    expect(state).toBe("preempted");
    const steps = await trial.scripted.steps();
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(await trial.scripted.steps()).toEqual(steps);
  });

  it("stores what is saved while no controller speaks: slots were granted with its first word, three saves ahead", async () => {
    const { backend, request, stores, scripted, holdAfterSaves } = await open();
    // Each save waits for the one before: of those that a slow store keeps waiting only the newest is sent.
    await holdAfterSaves(1);
    const { remoteId } = await backend.submit(request, backendContext());
    await backend.poll(remoteId, request, backendContext({ epoch: 2 }));
    const stored = async () => {
      const steps: number[] = [];
      for await (const { key } of stores.objects.list(checkpointsOfJob(backendContext().job))) {
        if (key.endsWith("/COMMITTED.json")) steps.push(Number(key.split("/").at(-2)));
      }
      return steps;
    };
    await waitUntil("the first save is in the store", async () => (await stored()).length === 1);
    await holdAfterSaves(2);
    await waitUntil("so is the second", async () => (await stored()).length === 2);
    await scripted.behave({});
    await waitUntil("all saves are in the store", async () => (await stored()).length === 3);
    expect(await stored()).toEqual([20, 40, 60]);
    expect((await pollTraining(backend, remoteId, request, { fromEpoch: 3 })).at(-1)?.kind).toBe("succeeded");
  });

  it("tells of its newest save in the store at every look, and of the one that it went on from", async () => {
    const trial = await open();
    const { backend, request } = trial;
    await trial.holdAfterSaves(1);
    let { remoteId } = await backend.submit(request, backendContext());
    let epoch = 2;
    const savedStep = async () => {
      const status = await backend.poll(remoteId, request, backendContext({ epoch: epoch++ }));
      return status.kind === "running" ? status.savedStep : status.kind;
    };
    expect(await savedStep()).toBe(0);
    await expect.poll(savedStep, { timeout: 60_000, interval: 20 }).toBe(20);
    expect(await savedStep()).toBe(20);
    await trial.remote.vanish();
    await trial.holdAfterSaves(1);
    await expect.poll(savedStep, { timeout: 60_000, interval: 20 }).toBe("lost");
    ({ remoteId } = await backend.submit(request, backendContext({ epoch: epoch++ })));
    expect(await savedStep()).toBe(20);
  });

  it("refuses a worker that was replaced", async () => {
    const { backend, request } = await open();
    const { remoteId } = await backend.submit(request, backendContext({ epoch: 5 }));
    await backend.poll(remoteId, request, backendContext({ epoch: 9 }));
    await expect(backend.poll(remoteId, request, backendContext({ epoch: 8 }))).rejects.toMatchObject({
      code: "stale-epoch",
    });
    await expect(backend.cancel(remoteId, backendContext({ epoch: 8 }))).rejects.toMatchObject({ code: "stale-epoch" });
  });

  it("does not go on from what an agent that was given up wrote late", async () => {
    const trial = await open();
    const { backend, request, stores } = trial;
    await trial.holdAfterSaves(1);
    const { remoteId } = await backend.submit(request, backendContext());
    let epoch = await pollUntil(trial, remoteId, hasCheckpoint, 2);
    await trial.remote.vanish();
    epoch = await pollUntil(trial, remoteId, ({ kind }) => kind === "lost", epoch);
    await trial.holdAfterSaves(1);
    const second = await backend.submit(request, backendContext({ epoch: 500 }));
    await pollTraining(backend, second.remoteId, request, { fromEpoch: 501, turns: 2 });
    const { job } = backendContext();
    const [first = ""] = await markers(stores, job);
    const manifest = JSON.parse(await readKey(stores, first));
    const late = `checkpoints/${job}/3/000000055/`;
    await stores.objects.put(
      `${late}COMMITTED.json`,
      new TextEncoder().encode(JSON.stringify({ ...manifest, step: 55 })),
    );
    await trial.remote.vanish();
    await pollUntil(trial, second.remoteId, ({ kind }) => kind === "lost", 600);
    const third = await backend.submit(request, backendContext({ epoch: 700 }));
    await pollTraining(backend, third.remoteId, request, { fromEpoch: 701 });
    const { resumedFromSteps } = await backend.collect(third.remoteId, request, backendContext({ epoch: 5_000 }));
    expect(resumedFromSteps).not.toContain(55);
  });

  it("passes over a checkpoint whose bytes are not those that were committed", async () => {
    const trial = await open({ behaviour: { stepMs: 10 } });
    const { backend, stores } = trial;
    const request = { ...trial.request, recipe: { ...trial.request.recipe, steps: 120 } };
    const here = { ...trial, request };
    await trial.holdAfterSaves(2);
    const { remoteId } = await backend.submit(request, backendContext());
    const isSecond = (status: TrainingStatus) =>
      status.kind === "running" && status.checkpoints.some(({ step }) => step >= 40);
    let epoch = await pollUntil(here, remoteId, isSecond, 2);
    await trial.remote.vanish();
    epoch = await pollUntil(here, remoteId, ({ kind }) => kind === "lost", epoch);
    const newest = (await markers(stores, backendContext().job)).at(-1) ?? "";
    const { step, files } = AgentManifest.parse(JSON.parse(await readKey(stores, newest)));
    const [part] = files[0]?.parts ?? [];
    await stores.objects.put(part?.key ?? "", new Uint8Array(part?.bytes ?? 0));
    const again = await backend.submit(request, backendContext({ epoch }));
    await expect(pollUntil(here, again.remoteId, ({ kind }) => kind === "lost", epoch + 1)).resolves.toBeGreaterThan(0);
    const third = await backend.submit(request, backendContext({ epoch: 2_000 }));
    const ended = (await pollTraining(backend, third.remoteId, request, { fromEpoch: 2_001 })).at(-1);
    expect(ended).toMatchObject({ kind: "succeeded" });
    const { resumedFromSteps } = await backend.collect(third.remoteId, request, backendContext({ epoch: 9_000 }));
    expect(resumedFromSteps.length).toBe(1);
    expect(resumedFromSteps[0]).toBeLessThan(step);
  });

  it("goes on with an upload that the store broke off", async () => {
    const trial = await open();
    const { backend, request, s3 } = trial;
    const { remoteId } = await backend.submit(request, backendContext());
    s3.faults.add({ operation: "PutObject", key: "part-0000", count: 2, fault: { type: "drop", when: "before" } });
    await pollTraining(backend, remoteId, request);
    const collected = await backend.collect(remoteId, request, backendContext({ epoch: 5_000 }));
    expect(collected.steps).toBe(60);
  });

  it("keeps its secrets to itself and wants the token for everything that does something", async () => {
    const { machines } = await open();
    const url = machines[0]?.url ?? "";
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    for (const headers of [{}, { authorization: "Bearer wrong" }, { authorization: TOKEN }]) {
      expect((await fetch(`${url}/v1/health`, { headers })).status).toBe(401);
      expect((await fetch(`${url}/v1/jobs`, { method: "POST", body: "{}", headers })).status).toBe(401);
    }
    const bad = await fetch(`${url}/v1/jobs`, {
      method: "POST",
      body: "{",
      headers: { authorization: `Bearer ${TOKEN}` },
    });
    expect(bad.status).toBe(400);
  });

  it("is found behind a name, takes its one training, and ends when somebody knows how that went", async () => {
    const { machines, makeBackend, request, scripted } = await open({ settings: { maxTrainings: 1 } });
    const [machine] = machines;
    const port = Number(new URL(machine?.url ?? "").port);
    const backend = makeBackend({ urls: [], dnsName: { host: "localhost", port } });
    const retired = () => machine !== undefined && isRetired(machine.agent.work(), { trainings: 1, idleMs: null });
    expect(retired()).toBe(false);
    const ready = async () => (await fetch(`${machine?.url}/readyz`)).status;
    expect(await ready(), "nobody has asked it yet").toBe(503);
    const { remoteId } = await backend.submit(request, backendContext());
    expect(retired()).toBe(false);
    const statuses = await pollTraining(backend, remoteId, request, { fromEpoch: 2 });
    expect(statuses.at(-1)?.kind).toBe("succeeded");
    // It has its folders to remove yet.
    await expect.poll(retired, { timeout: 60_000, interval: 20 }).toBe(true);
    expect(await ready()).toBe(200);
    const other = { ...request, marker: "another training" };
    const context = backendContext({ job: `job_${"8".repeat(32)}` });
    await expect(backend.submit(other, context)).rejects.toMatchObject({ code: "capacity" });
    expect(await scripted.starts()).toHaveLength(1);
  });

  it("shares its workspace with no other agent", async () => {
    const { machines } = await open();
    for (const { settings } of machines) await expect(openAgent(settings)).rejects.toThrow(/another agent works in/);
  });

  it("passes a picture over whose bytes are others than were asked for", async () => {
    const { backend, request, stores } = await open();
    const [image] = request.images;
    await stores.objects.put(`blobs/${image?.image.sha256}`, new Uint8Array(3_000).fill(99));
    const { remoteId } = await backend.submit(request, backendContext());
    expect(await failureOf(backend, remoteId, request)).toMatchObject({ code: "wrong-digest" });
  });
});

/** Index in the list of computed steps at which the n-th process began. */
function nthStart(computed: readonly number[], starts: readonly number[], n: number): number {
  let seen = 0;
  for (let i = 0; i < computed.length; i += 1) {
    const isStart = i === 0 || (computed[i] ?? 0) !== (computed[i - 1] ?? 0) + 1;
    if (isStart && computed[i] === (starts[seen] ?? -1) + 1) {
      if (seen === n) return i;
      seen += 1;
    }
  }
  return computed.length;
}

type Stores = Awaited<ReturnType<typeof openTrial>>["stores"];

/** Keys of the commit markers of a job by the step that they are for. */
async function markers(stores: Stores, job: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { key } of stores.objects.list(`checkpoints/${job}/`)) {
    if (key.endsWith("COMMITTED.json")) found.push(key);
  }
  const step = (key: string) => Number(key.split("/")[3]);
  return found.sort((a, b) => step(a) - step(b));
}

async function readKey(stores: Stores, key: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of (await stores.objects.get(key)).body) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}
