import { expect, test } from "vitest";
import { wait } from "./wait.ts";

test("waits, unless the signal aborts before or meanwhile", async () => {
  await wait(1);
  await wait(1, new AbortController().signal);
  await expect(wait(60_000, AbortSignal.abort(new Error("before")))).rejects.toThrow("before");
  const end = new AbortController();
  const waiting = wait(60_000, end.signal);
  end.abort(new Error("meanwhile"));
  await expect(waiting).rejects.toThrow("meanwhile");
});
