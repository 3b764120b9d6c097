import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { readRgb } from "@loramill/imaging";
import { drawCountedVideo, hasFfmpeg, numberOfGrey } from "@loramill/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createClipTools } from "./clip-tools.ts";
import { videoConfig } from "./video-config.ts";

const run = promisify(execFile);
const tools = createClipTools(videoConfig.options(videoConfig.env.parse({})).video);
let folder = "";
const at = (name: string) => join(folder, name);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "loramill-clips-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function withSound(path: string, to: string): Promise<string> {
  const tone = ["-f", "lavfi", "-i", "sine=frequency=440:duration=1.2"];
  await run("ffmpeg", ["-v", "error", "-y", "-i", path, ...tone, "-c:v", "copy", "-c:a", "aac", "-shortest", to]);
  return to;
}
/** Numbers that the greys of all frames say. */
async function shown(clip: string): Promise<number[]> {
  const frames = at(`${Math.random()}`);
  await tools.split(clip, frames);
  const names = (await readdir(frames)).sort();
  const greys = names.map(async (name) => {
    const { rgb, width, height } = await readRgb(await readFile(join(frames, name)));
    return numberOfGrey(rgb[(Math.floor(height / 2) * width + Math.floor(width / 2)) * 3] as number);
  });
  return Promise.all(greys);
}
const soundOf = async (clip: string) => {
  const args = ["-v", "error", "-i", clip, "-map", "0:a:0", "-c:a", "copy", "-f", "md5", "-"];
  return (await run("ffmpeg", args)).stdout;
};

describe.skipIf(!(await hasFfmpeg()))("createClipTools", () => {
  it("takes a clip apart and puts it together: same frames, rate, size and sound", async () => {
    await drawCountedVideo(at("plain.mp4"), { frames: 30, codec: "libx264" });
    const clip = await withSound(at("plain.mp4"), at("clip.mp4"));
    const facts = await tools.look(clip);
    expect(facts).toMatchObject({ rate: "25/1", hasSound: true });
    expect(await tools.split(clip, at("frames"))).toBe(30);
    for (const format of ["mp4", "webm", "webp"] as const) {
      const to = at(`again.${format}`);
      await tools.join({ folder: at("frames"), to, format, facts, soundOf: clip });
      if (format === "webp") continue; // ffmpeg 5 writes animated WebP and cannot read it.
      expect(await tools.look(to)).toEqual(facts);
      expect(await shown(to)).toEqual(Array.from({ length: 30 }, (_, number) => number));
    }
    expect(await soundOf(at("again.mp4"))).toBe(await soundOf(clip));
    expect((await readFile(at("again.webp"))).subarray(8, 12).toString()).toBe("WEBP");
  });

  it("writes clips of odd sides, and a clip without sound without", async () => {
    const args = ["-v", "error", "-y", "-f", "lavfi", "-i", "testsrc=size=33x47:rate=5:duration=1"];
    await run("ffmpeg", [...args, "-pix_fmt", "yuv444p", at("odd.mp4")]);
    const facts = await tools.look(at("odd.mp4"));
    expect(facts).toEqual({ width: 33, height: 47, rate: "5/1", hasSound: false });
    await tools.split(at("odd.mp4"), at("odd"));
    await tools.join({ folder: at("odd"), to: at("odd2.mp4"), format: "mp4", facts, soundOf: at("odd.mp4") });
    expect(await tools.look(at("odd2.mp4"))).toEqual(facts);
  });

  it("smooths without another frame and without a lag, keeping the sound", async () => {
    await drawCountedVideo(at("steps.mp4"), { frames: 20, codec: "libx264" });
    const clip = await withSound(at("steps.mp4"), at("steps-sound.mp4"));
    const request = { clip, format: "mp4" as const, windowFrames: 3, deflicker: false };
    await tools.smooth({ ...request, to: at("smooth.mp4"), strength: 1 });
    const before = await shown(clip);
    const after = await shown(at("smooth.mp4"));
    expect(after).toHaveLength(before.length);
    // Greys rise evenly, so that an even mix of neighbours is the frame in the middle: any lag would shift it.
    for (const [number, value] of after.slice(1, -1).entries())
      expect(Math.abs(value - number - 1)).toBeLessThanOrEqual(1);
    expect(await soundOf(at("smooth.mp4"))).toBe(await soundOf(clip));
  });

  it("puts frames in between", async () => {
    await drawCountedVideo(at("slow.mp4"), { frames: 12, codec: "libx264" });
    await tools.interpolate({ clip: at("slow.mp4"), to: at("fast.mp4"), format: "mp4", multiplier: 2 });
    expect(await tools.look(at("fast.mp4"))).toMatchObject({ rate: "50/1" });
    expect((await shown(at("fast.mp4"))).length).toBeGreaterThanOrEqual(20);
  });

  it("says what is no clip, and that ffmpeg is missing", async () => {
    await writeFile(at("broken.mp4"), "no video");
    await expect(tools.look(at("broken.mp4"))).rejects.toMatchObject({ code: "video-damaged" });
    const { video } = videoConfig.options(videoConfig.env.parse({ FFMPEG_PATH: "/nowhere/ffmpeg" }));
    expect(await createClipTools(video).isAvailable()).toMatchObject({ available: false });
    expect(await tools.isAvailable()).toMatchObject({ available: true });
  });
});
