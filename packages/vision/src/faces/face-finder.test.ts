import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { createFaceFinder } from "./face-finder.ts";
import { type Installed, locateHuman } from "./human-files.ts";

const COMMAND =
  "npm install --no-save @vladmandic/human@3.3.6 @tensorflow/tfjs-core@4.22.0 @tensorflow/tfjs-converter@4.22.0 @tensorflow/tfjs-backend-wasm@4.22.0";
const folder = mkdtempSync(join(tmpdir(), "vision-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const absent = () => {
  throw new Error("Cannot find module");
};
const none: Installed = {
  "@vladmandic/human": absent,
  "@tensorflow/tfjs-core": absent,
  "@tensorflow/tfjs-converter": absent,
  "@tensorflow/tfjs-backend-wasm": absent,
};

/** Packages of given versions, with nothing in them. */
function install(human: string, tfjs: string): Installed {
  const place = (name: string, version: string, entry: string) => {
    const at = join(folder, `${human}-${tfjs}`, name);
    mkdirSync(join(at, "dist"), { recursive: true });
    writeFileSync(join(at, "package.json"), JSON.stringify({ name, version }));
    return () => join(at, entry);
  };
  return {
    "@vladmandic/human": place("human", human, "dist/human.node.js"),
    "@tensorflow/tfjs-core": place("core", tfjs, "package.json"),
    "@tensorflow/tfjs-converter": place("converter", tfjs, "package.json"),
    "@tensorflow/tfjs-backend-wasm": place("wasm", tfjs, "package.json"),
  };
}

describe("a face finder whose packages are missing", () => {
  it("says what is not installed and the command that installs it, and finds nothing", async () => {
    const finder = createFaceFinder({ packages: { ...install("3.3.6", "4.22.0"), "@tensorflow/tfjs-core": absent } });
    const answer = await finder.isAvailable();
    expect(answer.available).toBe(false);
    expect(answer.message).toContain("not installed: @tensorflow/tfjs-core)");
    expect(answer.message).toContain(COMMAND);
    const picture = { width: 1, height: 1, rgb: new Uint8Array(3) };
    await expect(finder.find(picture, new AbortController().signal)).rejects.toMatchObject({
      errorClass: "user",
      code: "faces-unavailable",
      message: expect.stringContaining(COMMAND),
    });
    await finder.close();
    await finder.close();
  });

  it("takes no version that nobody tried", () => {
    const { available, message, files } = locateHuman(install("3.4.0", "4.22.0"));
    expect([available, files]).toEqual([false, undefined]);
    expect(message).toContain("@vladmandic/human is 3.4.0");
    expect(locateHuman(none).message).toContain("@vladmandic/human, @tensorflow/tfjs-core");
  });

  it("names the files of those that were tried", () => {
    const { available, files } = locateHuman(install("3.3.6", "4.22.0"));
    expect(available).toBe(true);
    expect(files?.script).toMatch(/human\/dist\/human\.node-wasm\.js$/);
    expect(files?.models).toMatch(/human\/models\/$/);
    expect(files?.wasm).toMatch(/wasm\/dist\/$/);
  });
});
