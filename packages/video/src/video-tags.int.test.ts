import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { provenanceTags, readProvenanceTexts } from "@loramill/imaging/provenance";
import { drawCountedVideo, hasFfmpeg } from "@loramill/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { videoConfig } from "./video-config.ts";
import { readVideoTags, writeVideoTags } from "./video-tags.ts";

const withFfmpeg = await hasFfmpeg();
const { video: options } = videoConfig.options(videoConfig.env.parse({}));
let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "loramill-tags-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Digest of the packets of the picture as they lie in the container. */
async function packetsOf(path: string): Promise<string> {
  const args = ["-v", "error", "-i", path, "-map", "0:v", "-c", "copy", "-f", "rawvideo", "-"];
  const { stdout } = await promisify(execFile)("ffmpeg", args, { encoding: "buffer", maxBuffer: 1e8 });
  return createHash("sha256").update(stdout).digest("hex");
}

const making = {
  facts: {
    prompt: 'a fox = "runs"; # 雪の中 🦊 \\ back\r\nsecond line',
    negativePrompt: "blurry",
    seed: 7,
    steps: 20,
    guidance: 6,
    sampler: "euler",
    width: 64,
    height: 48,
    baseModel: "wan2.2",
    loras: [{ name: "fox", strength: 1, tensorsSha256: "ab".repeat(32) }],
  },
  record: { prompt: 'a fox = "runs"; # 雪の中 🦊 \\ back\r\nsecond line', seed: 7 },
  // Longer than any argument of a program may be.
  graph: Object.fromEntries(
    Array.from({ length: 3000 }, (_, at) => [`${at}`, { class_type: "Node".repeat(20), inputs: {} }]),
  ),
  origin: "generated",
  software: "Loramill",
} as const;

describe.skipIf(!withFfmpeg)("how a video was made", () => {
  it.each([
    ["mp4", "libx264"],
    ["mov", "libx264"],
    ["webm", "libvpx-vp9"],
  ] as const)(
    "is written into %s and read back, and the picture is copied bit for bit",
    async (ending, codec) => {
      const at = join(folder, `plain.${ending}`);
      const to = join(folder, `told.${ending}`);
      await drawCountedVideo(at, { frames: 5, codec });
      const tags = provenanceTags(making);
      await writeVideoTags({ at, name: "plain" }, { to, tags }, options);
      const found = await readVideoTags({ at: to, name: "told" }, options);
      expect(found).toMatchObject(tags);
      expect(readProvenanceTexts(found)).toMatchObject({
        reading: { tool: "loramill", prompt: making.facts.prompt, settings: { seed: "7" }, loras: [{ name: "fox" }] },
        software: "Loramill",
        digitalSourceType: expect.stringMatching(/trainedAlgorithmicMedia$/),
      });
      expect(await packetsOf(to)).toBe(await packetsOf(at));

      const hidden = join(folder, `private.${ending}`);
      const mark = provenanceTags(making, { privacy: true });
      await writeVideoTags({ at: to, name: "told" }, { to: hidden, tags: mark }, options);
      const left = await readVideoTags({ at: hidden, name: "private" }, options);
      expect(left).toMatchObject(mark);
      expect(JSON.stringify(left)).not.toMatch(/fox|Node|euler/);
      expect((await readdir(folder)).filter((name) => name.endsWith(".txt"))).toEqual([]);
    },
    120_000,
  );

  it("says what is wrong with a file that is no video, and with an ending that no container has", async () => {
    const file = { at: import.meta.filename, name: "clip.mp4" };
    await expect(readVideoTags(file, options)).rejects.toMatchObject({ code: "video-damaged" });
    const to = join(folder, "none.mp4");
    await expect(writeVideoTags(file, { to, tags: {} }, options)).rejects.toMatchObject({ code: "video-damaged" });
    await expect(writeVideoTags(file, { to: "a.gif", tags: {} }, options)).rejects.toMatchObject({
      code: "bad-option",
    });
    expect(await readdir(folder)).not.toContain("none.mp4");
  });
});

it("of a machine without ffmpeg is a message that says how to get it", async () => {
  const file = { at: "a.mp4", name: "a.mp4" };
  const missing = { ...options, ffmpegPath: "no-such-ffmpeg", ffprobePath: "no-such-ffprobe" };
  await expect(readVideoTags(file, missing)).rejects.toMatchObject({ code: "ffmpeg-missing" });
  const to = join(folder, "x.mp4");
  await expect(writeVideoTags(file, { to, tags: {} }, missing)).rejects.toMatchObject({ code: "ffmpeg-missing" });
});
