import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defineConfig, secret, UserError } from "@loramill/contracts";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { withDataFolders } from "./data-config.ts";
import { describeConfig } from "./describe-config.ts";
import { endpointsConfig } from "./endpoints.ts";
import { readEnvironment } from "./environment.ts";
import { inner } from "./fragments.ts";
import { parseConfig } from "./parse-config.ts";

const door = defineConfig(
  {
    DOOR_PORT: z.coerce.number().int().min(1).max(65_535).default(80).describe("Port of the door, 1 to 65535"),
    DOOR_OPEN: z.stringbool().default(false).describe("Whether it is open"),
    DOOR_SECRET: z.string().min(8).describe("Secret of the door, at least 8 characters"),
  },
  (env) => ({ door: { port: env.DOOR_PORT, open: env.DOOR_OPEN, secret: env.DOOR_SECRET } }),
);
const window = defineConfig({ WINDOW_URL: z.url().describe("Where it looks") }, (env) => ({ url: env.WINDOW_URL }));

describe("parseConfig", () => {
  it("nests options under their parts' names and freezes all of them", () => {
    const env = { DOOR_SECRET: "open sesame", WINDOW_URL: "https://sea.example", DOOR_OPEN: "false" };
    const config = parseConfig({ door: inner(door, "door"), window }, env);
    expect(config).toEqual({
      door: { port: 80, open: false, secret: "open sesame" },
      window: { url: "https://sea.example" },
    });
    expect(() => Object.assign(config.door, { port: 1 })).toThrow(TypeError);
  });

  it("reports every problem of every part at once, with what is expected and without any value", () => {
    const env = { DOOR_PORT: "99999", DOOR_SECRET: "hunter2", WINDOW_URL: "postgres//me:hunter2@sea" };
    const error = refusal(() => parseConfig({ door, window }, env));
    expect(error.code).toBe("bad-config");
    expect(error.message.split("\n")).toHaveLength(4);
    expect(error.message).toContain("DOOR_PORT: Too big");
    expect(error.message).toContain("Port of the door, 1 to 65535");
    expect(error.message).toContain("WINDOW_URL: Invalid URL (Where it looks)");
    expect(error.message + JSON.stringify(error.details)).not.toContain("hunter2");
  });

  it("names a variable that is missing", () => {
    expect(refusal(() => parseConfig({ window }, {})).message).toContain("WINDOW_URL");
  });
});

describe("readEnvironment", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "loramill-env-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("puts the process over .env.local over .env", () => {
    writeFileSync(join(folder, ".env"), 'A=file\nB=file\nC="with spaces" # and a comment\n');
    writeFileSync(join(folder, ".env.local"), "A=local\nB=local\n");
    expect(readEnvironment({ env: { A: "process" }, folder })).toMatchObject({
      A: "process",
      B: "local",
      C: "with spaces",
    });
  });

  it("works without files, and takes an empty value for none", () => {
    writeFileSync(join(folder, ".env"), "A=file\n");
    expect(readEnvironment({ env: { A: "", B: "" }, folder })).toEqual({ A: "file" });
  });

  it("takes HF_TOKEN for HUGGINGFACE_TOKEN unless that is set", () => {
    expect(readEnvironment({ env: { HF_TOKEN: "a" }, folder }).HUGGINGFACE_TOKEN).toBe("a");
    expect(readEnvironment({ env: { HF_TOKEN: "a", HUGGINGFACE_TOKEN: "b" }, folder }).HUGGINGFACE_TOKEN).toBe("b");
  });

  it("moves the folder of objects along with DATA_DIR, unless it is set", () => {
    expect(withDataFolders({ DATA_DIR: "/srv/mill", STORAGE_URL: "s3://bucket" })).toEqual({
      DATA_DIR: "/srv/mill",
      STORAGE_URL: "s3://bucket",
    });
    expect(withDataFolders({ DATA_DIR: "/srv/mill" }).STORAGE_URL).toBe("/srv/mill/objects");
    expect(withDataFolders({})).toEqual({});
  });
});

describe("endpointsConfig", () => {
  it("wants HTTPS for everything that is not this machine", () => {
    const parse = (OLLAMA_URL: string) => parseConfig({ endpoints: endpointsConfig }, { OLLAMA_URL });
    expect(parse("http://127.0.0.1:9000").endpoints.ollamaUrl).toBe("http://127.0.0.1:9000");
    expect(parse("https://gpu.example").endpoints.ollamaUrl).toBe("https://gpu.example");
    expect(() => parse("http://gpu.example")).toThrow(/OLLAMA_URL: must be https/);
  });
});

describe("describeConfig", () => {
  it("lists variables with defaults as they would be written, and marks secrets", () => {
    expect(describeConfig({ door })).toEqual([
      {
        part: "door",
        variable: "DOOR_PORT",
        default: "80",
        description: "Port of the door, 1 to 65535",
        secret: false,
      },
      { part: "door", variable: "DOOR_OPEN", default: "false", description: "Whether it is open", secret: false },
      {
        part: "door",
        variable: "DOOR_SECRET",
        default: null,
        description: "Secret of the door, at least 8 characters",
        secret: true,
      },
    ]);
  });

  it("marks what says that it is secret, whatever its name is", () => {
    const env = z.object({ EXTRA: secret(z.string().default("{}").describe("More of it")) });
    expect(describeConfig({ extra: { env } })).toMatchObject([{ variable: "EXTRA", default: "{}", secret: true }]);
  });

  it("names the aliases, and lists a variable of several parts once", () => {
    const rows = describeConfig({ endpoints: endpointsConfig, again: endpointsConfig });
    expect(rows.filter(({ variable }) => variable === "HUGGINGFACE_TOKEN")).toEqual([
      expect.objectContaining({ description: expect.stringContaining("also HF_TOKEN"), secret: true }),
    ]);
  });

  it("refuses a variable that is not described, and one on whose default two parts disagree", () => {
    expect(() => describeConfig({ bare: { env: z.object({ A: z.string() }) } })).toThrow(/A of bare/);
    const other = { env: z.object({ DOOR_PORT: z.string().default("81").describe("another port") }) };
    expect(() => describeConfig({ door, other })).toThrow(/disagree on the default of DOOR_PORT/);
  });
});

function refusal(parse: () => unknown): UserError {
  try {
    parse();
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}
