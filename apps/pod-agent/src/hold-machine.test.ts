import { expect, it, onTestFinished, vi } from "vitest";
import { holdMachine } from "./hold-machine.ts";

const pod = { url: "https://api.example/v2", id: "pod1", key: "rpa_key" };

/** A machine whose lease is over at the first look; answers what was asked of its vendor until it was gone. */
async function loseLease(agent: { close(): Promise<void> } | null) {
  const deleted = vi.fn(async () => new Response(null, { status: 204 }));
  const said: string[] = [];
  await new Promise<void>((resolve) => {
    const lease = holdMachine(
      { ms: 1, giveBack: { command: null, pod } },
      {
        ...{ agent, tickMs: 5, closeMs: 20, fetch: deleted as typeof fetch },
        ...{ say: (line) => void said.push(line), onGone: async () => resolve() },
      },
    );
    onTestFinished(lease.stop);
  });
  expect(deleted).toHaveBeenCalledOnce();
  return said;
}

it("gives the machine back although a training never ends, as one whose trainer hangs in its driver", async () => {
  const said = await loseLease({ close: () => new Promise<void>(() => {}) });
  expect(said).toContainEqual(expect.stringContaining("has not ended within 0.02 seconds"));
  expect(said.at(-1)).toBe("the machine is given back");
}, 60_000);

it("gives the machine back although its agent fails to close, and where it never opened", async () => {
  const said = await loseLease({ close: () => Promise.reject(new Error("EIO")) });
  expect(said).toContainEqual(expect.stringContaining("EIO"));
  expect(said).not.toContainEqual(expect.stringContaining("has not ended"));
  await loseLease(null);
}, 60_000);
