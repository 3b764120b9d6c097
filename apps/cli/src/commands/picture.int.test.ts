import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodePicture, insertPngText } from "@loramill/imaging";
import { writeProvenance } from "@loramill/imaging/provenance";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCommand } from "../../test/support/run-command.ts";

const folder = mkdtempSync(join(tmpdir(), "loramill-pictures-"));
const at = (name: string) => join(folder, name);
const image = { width: 8, height: 8, rgb: new Uint8Array(8 * 8 * 3).fill(90) };
beforeAll(async () => {
  const made = writeProvenance(await encodePicture(image, { format: "webp" }), {
    facts: {
      prompt: "sks dog\non the beach, 海",
      negativePrompt: "blurry",
      seed: 7,
      steps: 20,
      guidance: 6.5,
      sampler: "Euler",
      width: 8,
      height: 8,
      baseModel: "sdxl",
      loras: [{ name: "dog", strength: 0.8, tensorsSha256: "ab".repeat(32) }],
    },
    record: { prompt: "sks dog\non the beach, 海", seed: 7 },
    origin: "generated",
    software: "Loramill",
  });
  writeFileSync(at("dog.webp"), made.bytes);
  const png = await encodePicture(image, { format: "png" });
  const parameters = "a castle \u001b[31m\nSteps: 4, Sampler: Euler a, CFG scale: 3, Seed: 5, Size: 8x8, Model: dream";
  writeFileSync(at("castle.png"), insertPngText(png, [{ keyword: "parameters", text: parameters }]));
  writeFileSync(at("plain.png"), png);
  writeFileSync(at("cut.png"), png.subarray(0, png.length - 20));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("loramill picture inspect", () => {
  it("tells how pictures of this and of other tools were made", async () => {
    const { out, code } = await runCommand(["picture", "inspect", at("dog.webp"), at("castle.png"), at("plain.png")]);
    expect(code).toBe(0);
    expect(out).toMatch(
      /dog\.webp\n {2}written as +loramill\n {2}program +Loramill\n {2}origin +trainedAlgorithmicMedia\n/,
    );
    expect(out).toMatch(/ {2}prompt +sks dog\n +on the beach, 海\n {2}negative +blurry\n/);
    expect(out).toMatch(/ {2}lora +dog 0\.8 \(abababababab\)\n {2}seed +7\n/);
    expect(out).toMatch(/castle\.png\n {2}written as +a1111\n {2}prompt +a castle {2}\[31m\n {2}model +dream\n/);
    expect(out).toMatch(/plain\.png\n +nothing in it says how it was made\n/);
    // What somebody else wrote does not steer the terminal.
    expect(out).not.toContain("\u001b[31m");
  });

  it("answers programs with everything, and texts as they are when asked", async () => {
    const { out } = await runCommand(["--json", "picture", "inspect", at("castle.png"), "--raw"]);
    expect(JSON.parse(out).files).toMatchObject([
      {
        file: at("castle.png"),
        reading: { tool: "a1111", settings: { seed: "5", steps: 4, width: 8 }, model: { name: "dream" } },
        raw: { parameters: expect.stringContaining("Steps: 4") },
        problem: null,
      },
    ]);
  });

  it("says why a file cannot be read, shows the others, and fails", async () => {
    const { out, code } = await runCommand([
      "picture",
      "inspect",
      at("cut.png"),
      at("none.png"),
      folder,
      at("dog.webp"),
    ]);
    expect(code).toBe(1);
    expect(out).toMatch(/cut\.png\n {2}problem +a PNG chunk reaches beyond the file\n/);
    expect(out).toMatch(/none\.png\n {2}problem +no such file\n/);
    expect(out).toContain("is not a file");
    expect(out).toMatch(/written as +loramill/);
  });
});
