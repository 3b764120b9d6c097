import { expect, it } from "vitest";
import { createFolderSync } from "./sync-folder.ts";

it("gives everybody a sync that began after they asked, and shares it", async () => {
  const begun: (() => void)[] = [];
  const sync = createFolderSync(() => new Promise((resolve) => begun.push(resolve)));
  const done: number[] = [];
  const ask = (who: number) => sync("a").then(() => done.push(who));
  const asked = [ask(1), ask(2), ask(3)];
  expect(begun).toHaveLength(1);
  begun[0]?.();
  await asked[0];
  await Promise.resolve();
  expect([done, begun.length]).toEqual([[1], 2]);
  asked.push(ask(4));
  begun[1]?.();
  await Promise.all(asked.slice(0, 3));
  await Promise.resolve();
  expect(begun).toHaveLength(3);
  begun[2]?.();
  await Promise.all(asked);
  expect(done).toEqual([1, 2, 3, 4]);
  const later = sync("a");
  expect(begun).toHaveLength(4);
  begun[3]?.();
  await later;
});

it("tells a failure to those who asked for that sync only", async () => {
  let calls = 0;
  const sync = createFolderSync(async () => {
    calls += 1;
    if (calls === 1) throw new Error("EIO");
  });
  const [first, second] = [sync("a"), sync("a")];
  await expect(first).rejects.toThrow("EIO");
  await second;
  await sync("b");
  expect(calls).toBe(3);
});
