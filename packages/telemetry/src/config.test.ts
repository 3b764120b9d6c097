import { expect, test } from "vitest";
import { telemetryConfig } from "./config.ts";

const parse = (env: Record<string, string>) => telemetryConfig.options(telemetryConfig.env.parse(env));

test("by default a process logs at info and opens no port", () => {
  expect(parse({})).toEqual({ logLevel: "info", health: null });
});

test("a port opens the health server on the loopback unless told otherwise", () => {
  expect(parse({ METRICS_PORT: "9464" }).health).toEqual({ host: "127.0.0.1", port: 9464 });
  expect(parse({ METRICS_PORT: "9464", METRICS_HOST: "0.0.0.0" }).health).toEqual({ host: "0.0.0.0", port: 9464 });
});

test.each([{ LOG_LEVEL: "loud" }, { METRICS_PORT: "0" }, { METRICS_PORT: "http" }])("%j is refused", (env) => {
  expect(() => parse(env as Record<string, string>)).toThrow();
});
