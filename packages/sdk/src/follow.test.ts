import { expect, test } from "vitest";
import { createClient } from "./client.ts";
import type { LostStream } from "./follow.ts";

const RUN = "run_00000000000000000000000000000001";

/** One event of a run's stream. */
const event = (id: number) => {
  const data = { id, run: RUN, step: null, job: null, type: "run.note", data: {}, at: "2026-01-01T00:00:00.000Z" };
  return `event: event\ndata: ${JSON.stringify(data)}\n\n`;
};

/** Follows a run whose streams are these, one for each time it is asked; null answers nothing at all. */
async function follow(streams: (string | null)[], onLost: (lost: LostStream) => void, clientHears = onLost) {
  const asked: string[] = [];
  const answer: typeof fetch = async (url) => {
    asked.push(new URL(String(url)).search);
    const stream = streams.shift();
    if (stream == null) throw new TypeError("nobody listens");
    return new Response(stream);
  };
  const client = createClient({ url: "http://mill.test", fetch: answer, onLost: clientHears });
  const seen: number[] = [];
  const following = (async () => {
    for await (const message of client.follow(RUN, { onLost }))
      if (message.kind === "event") seen.push(message.event.id);
  })();
  return { following, asked, seen };
}

test("a lost stream is taken up after the last event, and each try that fails is told, counted from the last word", async () => {
  const lost: LostStream[] = [];
  const { following, asked, seen } = await follow(
    [event(1) + event(2), null, event(3), null],
    (one) => {
      lost.push(one);
      if (lost.length === 4) throw new Error("enough");
    },
    () => {},
  );
  await expect(following).rejects.toThrow("enough");
  expect(seen).toEqual([1, 2, 3]);
  expect(asked).toEqual(["?after=0", "?after=2", "?after=2", "?after=3"]);
  expect(lost.map(({ attempt }) => attempt)).toEqual([1, 2, 1, 2]);
  expect(lost.map(({ attempt, lostMs }) => (attempt === 1 ? lostMs === 0 : lostMs > 0))).toEqual([
    true,
    true,
    true,
    true,
  ]);
});

test("the client hears of it first, and ends the following by what it throws", async () => {
  const { following, asked } = await follow(
    [null],
    () => expect.unreachable(),
    () => {
      throw new Error("the mill is gone");
    },
  );
  await expect(following).rejects.toThrow("the mill is gone");
  expect(asked).toHaveLength(1);
});

test("what is not understood ends the following instead of being asked for again and again", async () => {
  const { following, asked } = await follow(['event: event\ndata: {"id":1}\n\n'], () => expect.unreachable());
  await expect(following).rejects.toThrow("run");
  expect(asked).toHaveLength(1);
});
