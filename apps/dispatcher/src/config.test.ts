import { expect, test } from "vitest";
import { dispatcherConfig } from "./config.ts";
import { defaultOptions } from "./options.ts";

const parse = (env: Record<string, string>) => dispatcherConfig.options(dispatcherConfig.env.parse(env)).dispatcher;

test("without variables gives the options that the dispatcher has by itself", () => {
  const options: object = parse({});
  expect(defaultOptions).toMatchObject(options);
});

test("takes other windows for single queues, times in seconds", () => {
  const options = parse({
    DISPATCH_WINDOW: "100",
    DISPATCH_WINDOWS: "train=5, generate=7",
    DISPATCH_SILENT_SECONDS: "30",
  });
  expect(options.windows).toMatchObject({ dataset: 100, train: 5, generate: 7 });
  expect(options.silentMs).toBe(30_000);
});

test("refuses a list of windows that it cannot read, and queues that are not there", () => {
  expect(() => parse({ DISPATCH_WINDOWS: "train:5" })).toThrow(/queue=number/);
  expect(() => parse({ DISPATCH_WINDOWS: "trains=5" })).toThrow(/queue/);
});
