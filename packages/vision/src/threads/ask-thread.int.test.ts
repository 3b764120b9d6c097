import { afterEach, describe, expect, it } from "vitest";
import { type AskedThread, openThread } from "./ask-thread.ts";

const opened: AskedThread<string, string>[] = [];
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close();
});

function open(data: () => unknown = () => null) {
  const script = new URL("../../test/echo-thread.ts", import.meta.url);
  const thread = openThread<string, string>({ script, name: "the echo", data });
  opened.push(thread);
  return thread;
}
const { signal } = new AbortController();

describe("a thread that is asked", () => {
  it("answers many questions, each its own, and passes errors on with their class", async () => {
    const thread = open();
    const texts = Array.from({ length: 20 }, (_, n) => `text ${n}`);
    expect(await Promise.all(texts.map((text) => thread.ask(text, signal)))).toEqual(texts);
    await expect(thread.ask("bad", signal)).rejects.toMatchObject({
      errorClass: "user",
      code: "bad-word",
      message: "that is bad",
      details: { word: "bad" },
    });
  });

  it("fails its questions when it dies, and starts anew with the next", async () => {
    const thread = open();
    await expect(thread.ask("die", signal)).rejects.toMatchObject({ errorClass: "transient", code: "thread-ended" });
    expect(await thread.ask("again", signal)).toBe("again");
  });

  it("does not start with what it cannot be started with", async () => {
    const thread = open(() => {
      throw new TypeError("nothing to work with");
    });
    await expect(thread.ask("text", signal)).rejects.toThrow("nothing to work with");
  });

  it("answers an abort at once, and closes twice, and also before its first question", async () => {
    const thread = open();
    const stop = new AbortController();
    const asked = thread.ask("text", stop.signal);
    stop.abort(new Error("enough"));
    await expect(asked).rejects.toThrow("enough");
    const last = expect(thread.ask("last", signal)).rejects.toMatchObject({ code: "drained" });
    await Promise.all([thread.close(), thread.close()]);
    await last;
    await expect(thread.ask("late", signal)).rejects.toMatchObject({ code: "drained" });
    await open().close();
  });
});
