import { expect, test } from "vitest";
import { createLogger, type LogLevel } from "./logger.ts";

function capture(level: LogLevel = "debug") {
  const lines: Record<string, unknown>[] = [];
  const log = createLogger({ level, name: "trainer", write: (line) => lines.push(JSON.parse(line)) });
  return { log, lines };
}

test("a line is JSON with time, level, name, message and the details", () => {
  const { log, lines } = capture();
  log.info({ run: "run_1", jobs: 3 }, "planned");
  expect(lines).toEqual([
    {
      level: "info",
      time: expect.stringMatching(/^\d{4}-.+Z$/),
      name: "trainer",
      run: "run_1",
      jobs: 3,
      message: "planned",
    },
  ]);
});

test("lines below the level are not written", () => {
  const { log, lines } = capture("warn");
  log.debug({}, "a");
  log.info({}, "b");
  log.warn({}, "c");
  log.error({}, "d");
  expect(lines.map(({ message }) => message)).toEqual(["c", "d"]);
});

test("a child carries its details into every line, and its own children's", () => {
  const { log, lines } = capture();
  log.child({ run: "run_1" }).child({ job: "job_1" }).info({ step: 2 }, "go");
  expect(lines[0]).toMatchObject({ run: "run_1", job: "job_1", step: 2 });
});

test.each([
  ["authorization", "Bearer abcdefghijkl"],
  ["Authorization", "anything"],
  ["apiKey", "k"],
  ["secretAccessKey", "k"],
  ["api_key", "k"],
  ["hf-token", "t"],
  ["clientSecret", "s"],
  ["set-cookie", "c"],
  ["X-Amz-Signature", "f00"],
])("a string under the key %s is hidden at any depth", (key, value) => {
  const { log, lines } = capture();
  log.info({ request: { headers: [{ [key]: value }] } }, "sent");
  expect(lines[0]?.request).toEqual({ headers: [{ [key]: "***" }] });
});

test("numbers under such keys stay: counts are no secrets", () => {
  const { log, lines } = capture();
  log.info({ maxTokens: 300, token: 7 }, "asked");
  expect(lines[0]).toMatchObject({ maxTokens: 300, token: 7 });
});

test("signatures and credentials inside texts are hidden, in details and in the message", () => {
  const { log, lines } = capture();
  const url = "https://store/blobs/1?X-Amz-Signature=deadbeef&x=1";
  log.info({ source: [url] }, `fetched ${url} and postgres://me:hunter2@host/db`);
  expect(JSON.stringify(lines)).not.toMatch(/deadbeef|hunter2/);
  expect(lines[0]?.source).toEqual(["https://store/blobs/1?X-Amz-Signature=***&x=1"]);
});

test("an error that slips into the details is shown with its cause and without its secrets", () => {
  const { log, lines } = capture();
  const error = new Error("bad", { cause: new Error("Bearer abcdefghijklmnop") });
  log.error({ error: error as never }, "failed");
  expect(lines[0]?.error).toMatchObject({ name: "Error", message: "bad", cause: { message: "Bearer ***" } });
});

test("a structure that contains itself does not hang the logger", () => {
  const { log, lines } = capture();
  const loop: Record<string, unknown> = {};
  loop.self = loop;
  log.info(loop as never, "odd");
  expect(lines).toHaveLength(1);
});
