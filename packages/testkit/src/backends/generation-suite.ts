import type {
  GenerationBackend,
  GenerationRequest,
  GenerationSpec,
  GenerationStatus,
  SpecIssue,
} from "@loramill/contracts";
import { afterEach, describe, expect, it } from "vitest";
import { backendContext } from "./drive.ts";

export interface GenerationHarness {
  readonly backend: GenerationBackend;
  /** At least three items, which need more than one poll; equal in every harness. */
  readonly request: GenerationRequest;
  /** The backend as another process would open it. */
  reopen(): Promise<GenerationBackend>;
  close(): Promise<void>;
}

/** Polls until the generation ends or `turns` are over; answers all statuses. */
export async function pollGeneration(
  backend: GenerationBackend,
  remoteId: string,
  request: GenerationRequest,
  options: { readonly fromEpoch?: number; readonly turns?: number } = {},
): Promise<GenerationStatus[]> {
  const statuses: GenerationStatus[] = [];
  const { fromEpoch = 2, turns = 10_000 } = options;
  for (let turn = 0; turn < turns; turn += 1) {
    const status = await backend.poll(remoteId, request, backendContext({ epoch: fromEpoch + turn }));
    statuses.push(status);
    if (status.kind !== "running") break;
    if (status.pollMs > 1) await new Promise((resolve) => setTimeout(resolve, Math.min(status.pollMs, 1_000)));
  }
  return statuses;
}

const errorsOf = (issues: readonly SpecIssue[]) =>
  issues.filter(({ severity }) => severity === "error").map(({ field }) => field);

/** What every generation backend must do. Bind it in a test file of the backend. */
export function runGenerationBackendSuite(name: string, open: () => Promise<GenerationHarness>): void {
  describe(`${name} as a generation backend`, () => {
    const opened: GenerationHarness[] = [];
    const start = async () => {
      const harness = await open();
      opened.push(harness);
      return harness;
    };
    afterEach(async () => {
      for (const harness of opened.splice(0)) {
        await harness.backend.close();
        await harness.close();
      }
    });

    it("says what it is, and refuses sizes it cannot draw", async () => {
      const { backend, request } = await start();
      expect(await backend.version()).toBe(await backend.version());
      expect((await backend.isAvailable()).message).toMatch(/\w+ \w+/);
      for (const { spec } of request.items) expect(errorsOf(backend.validate(spec))).toEqual([]);
      const { maxSidePixels, sideStep } = backend.capabilities;
      const width = maxSidePixels + sideStep;
      const items = request.items.map((item) => ({ ...item, spec: { ...item.spec, width } as GenerationSpec }));
      const tooWide = { ...request, items };
      for (const { spec } of tooWide.items) expect(errorsOf(backend.validate(spec))).toEqual(["width"]);
      await expect(backend.submit(tooWide, backendContext())).rejects.toMatchObject({ errorClass: "user" });
    });

    it("adopts work that was submitted under the same marker", async () => {
      const { backend, request, reopen } = await start();
      const first = await backend.submit(request, backendContext());
      const other = await reopen();
      expect(await other.submit(request, backendContext({ epoch: 2 }))).toEqual(first);
      await other.close();
    });

    it("draws every item once, with a count that never goes back, and collects them in order", async () => {
      const { backend, request } = await start();
      const { remoteId } = await backend.submit(request, backendContext());
      const statuses = await pollGeneration(backend, remoteId, request);
      let done = 0;
      for (const status of statuses) {
        if (status.kind !== "running" && status.kind !== "succeeded") throw new Error(`unexpected ${status.kind}`);
        expect(status.done).toBeGreaterThanOrEqual(done);
        expect(status.total).toBe(request.items.length);
        done = status.done;
      }
      expect(done).toBe(request.items.length);
      const collected = await backend.collect(remoteId, request, backendContext({ epoch: 9_001 }));
      expect(collected.refused).toEqual([]);
      expect(collected.files.map(({ index }) => index)).toEqual(request.items.map(({ index }) => index));
      expect(await backend.collect(remoteId, request, backendContext({ epoch: 9_002 }))).toEqual(collected);
    });

    it("goes on in another process without drawing again what was finished, with the same pictures", async () => {
      const whole = await start();
      const submitted = await whole.backend.submit(whole.request, backendContext());
      await pollGeneration(whole.backend, submitted.remoteId, whole.request);
      const expected = await whole.backend.collect(submitted.remoteId, whole.request, backendContext());

      const { backend, request, reopen } = await start();
      const { remoteId } = await backend.submit(request, backendContext());
      const [before] = await pollGeneration(backend, remoteId, request, { turns: 1 });
      if (before?.kind !== "running") throw new Error("the harness should need more than one turn");
      await backend.close();
      const after = await reopen();
      const [next] = await pollGeneration(after, remoteId, request, { fromEpoch: 50 });
      if (next?.kind !== "running" && next?.kind !== "succeeded") throw new Error(`unexpected ${next?.kind}`);
      expect(next.done).toBeGreaterThan(before.done);
      await pollGeneration(after, remoteId, request, { fromEpoch: 60 });
      const { files } = await after.collect(remoteId, request, backendContext({ epoch: 9_001 }));
      expect(files.map(({ file }) => file.sha256)).toEqual(expected.files.map(({ file }) => file.sha256));
      await after.close();
    });

    it("answers lost for what it does not know, stops when cancelled, goes on when submitted again", async () => {
      const { backend, request } = await start();
      expect((await backend.poll("never-heard-of", request, backendContext())).kind).toBe("lost");
      expect(await backend.cancel("never-heard-of", backendContext())).toBe("unknown");
      const { remoteId } = await backend.submit(request, backendContext());
      await pollGeneration(backend, remoteId, request, { turns: 1 });
      expect(await backend.cancel(remoteId, backendContext({ epoch: 3 }))).toBe("cancelled");
      expect((await backend.poll(remoteId, request, backendContext({ epoch: 4 }))).kind).toBe("cancelled");
      const again = await backend.submit(request, backendContext({ epoch: 5 }));
      const statuses = await pollGeneration(backend, again.remoteId, request, { fromEpoch: 6 });
      expect(statuses.at(-1)?.kind).toBe("succeeded");
      expect(await backend.cancel(again.remoteId, backendContext({ epoch: 99 }))).toBe("already-ended");
    });

    it("can be closed twice", async () => {
      const { backend } = await start();
      await backend.close();
      await backend.close();
    });
  });
}
