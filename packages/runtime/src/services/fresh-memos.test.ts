import { digestOf, type MemoStore, type RunId } from "@loramill/contracts";
import { expect, it } from "vitest";
import { asReplay, freshInReplays } from "./fresh-memos.ts";

function memoryMemos(): MemoStore {
  const held = new Map<string, unknown>();
  return {
    find: async (kind, key) => held.get(`${kind}/${key}`),
    put: async (kind, key, value) => void held.set(`${kind}/${key}`, value),
  };
}

const run = (digit: string) => `run_${digit.repeat(32)}` as RunId;
const key = digestOf("a picture");

it("a replay finds what it remembered itself, turn after turn, and nothing of other runs, nor they of it", async () => {
  const memos = freshInReplays(memoryMemos());
  const replay = <T>(id: RunId, work: () => T) => asReplay({ run: id, isReplay: true }, work);
  await asReplay({ run: run("1"), isReplay: false }, () => memos.put("image", key, "first"));
  expect(await replay(run("2"), () => memos.find("image", key))).toBeUndefined();
  await replay(run("2"), async () => {
    await Promise.resolve();
    await memos.put("image", key, "again");
  });
  expect(await replay(run("2"), () => memos.find("image", key))).toBe("again");
  expect(await replay(run("3"), () => memos.find("image", key))).toBeUndefined();
  expect(await asReplay({ run: run("1"), isReplay: false }, () => memos.find("image", key))).toBe("first");
});
