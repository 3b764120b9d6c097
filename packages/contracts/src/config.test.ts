import { describe, expect, it } from "vitest";
import { z } from "zod";
import { defineConfig, EndpointUrl, isLoopback } from "./config.ts";

describe("EndpointUrl", () => {
  it("takes HTTPS anywhere and HTTP on this machine only", () => {
    const taken = [
      "https://api.example",
      "http://localhost:8188",
      "http://127.0.0.1/x",
      "http://[::1]:80",
      "http://127.9.9.9",
    ];
    const refused = [
      "http://api.example",
      "http://192.168.0.2",
      "http://localhost.evil.example",
      "ftp://localhost",
      "localhost",
    ];
    expect([...taken, ...refused].filter((url) => EndpointUrl.safeParse(url).success)).toEqual(taken);
  });

  it("knows names that only look like this machine", () => {
    expect(["localhost", "127.0.0.1", "[::1]", "::1"].every(isLoopback)).toBe(true);
    expect(["127.0.0.1.example", "127.1", "1270.0.0.1", "::2", "0.0.0.0"].some(isLoopback)).toBe(false);
  });
});

describe("defineConfig", () => {
  it("keeps descriptions and makes options of what was read", () => {
    const fragment = defineConfig({ WAIT_SECONDS: z.coerce.number().default(2).describe("How long") }, (env) => ({
      waitMs: env.WAIT_SECONDS * 1_000,
    }));
    expect(fragment.env.shape.WAIT_SECONDS.description).toBe("How long");
    expect(fragment.options(fragment.env.parse({}))).toEqual({ waitMs: 2_000 });
    expect(fragment.options(fragment.env.parse({ WAIT_SECONDS: "3", OTHER: "x" }))).toEqual({ waitMs: 3_000 });
  });
});
