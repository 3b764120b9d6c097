import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Source } from "@loramill/contracts";
import { defaultLimits, readRgb } from "@loramill/imaging";
import { drawCountedVideo, drawSceneVideo, hasFfmpeg, numberOfGrey } from "@loramill/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type FrameFile, type ReadVideoOptions, readVideo } from "./read-video.ts";
import type { VideoSource } from "./segments.ts";
import { videoConfig } from "./video-config.ts";

const withFfmpeg = await hasFfmpeg();
let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "loramill-video-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const options: ReadVideoOptions = {
  video: videoConfig.options(videoConfig.env.parse({})).video,
  images: defaultLimits,
  maxTotalBytes: Number.MAX_SAFE_INTEGER,
};
const video = (path: string, fields: object = {}) => Source.parse({ type: "video", path, ...fields }) as VideoSource;

/** What is seen of frames, with the number that their grey says, and of refusals. */
async function read(source: VideoSource, over: Partial<ReadVideoOptions> = {}) {
  const frames: (Pick<FrameFile, "path" | "frame" | "caption"> & { readonly shows: number; readonly width: number })[] =
    [];
  const refused: string[] = [];
  for await (const file of readVideo(source, { ...options, ...over })) {
    if (file.kind === "refused") {
      refused.push(`${file.path}!${file.code}`);
      continue;
    }
    const { rgb, width, height } = await readRgb(Buffer.concat(await Array.fromAsync(file.open())));
    const middle = (Math.floor(height / 2) * width + Math.floor(width / 2)) * 3;
    frames.push({ ...file, shows: numberOfGrey(rgb[middle] as number), width });
  }
  return { frames, refused, numbers: frames.map(({ frame }) => frame.number), shown: frames.map(({ shows }) => shows) };
}

describe.skipIf(!withFfmpeg)("a video", () => {
  it.each([
    ["mp4", "libx264"],
    ["mov", "libx264"],
    ["webm", "libvpx-vp9"],
  ] as const)("as %s gives every 10th frame, with its number, time and caption", async (ending, codec) => {
    const path = join(folder, `counted.${ending}`);
    await drawCountedVideo(path, { frames: 45, codec });
    const { frames, refused, numbers, shown } = await read(video(path));
    expect(refused).toEqual([]);
    expect(numbers).toEqual([0, 10, 20, 30, 40]);
    expect(shown).toEqual(numbers);
    expect(frames[1]).toMatchObject({
      path: "frame-000010.png",
      caption: { text: "a frame from video" },
      frame: { video: `counted.${ending}`, seconds: 0.4, segment: null },
    });
  });

  it("is cut into ranges and named clips, exactly at their first frames", async () => {
    const path = join(folder, "clips.mp4");
    await drawCountedVideo(path, { frames: 150 });
    const range = await read(video(path, { every: 5, from: 1, to: "0:02" }));
    expect(range.shown).toEqual([25, 30, 35, 40, 45]);
    expect(range.numbers).toEqual([0, 5, 10, 15, 20]);
    expect(range.frames[1]?.frame.seconds).toBe(1.2);
    const clips = [
      { name: "start", to: 0.4 },
      { name: "later", from: "0:04", to: 5, description: "a grey wall" },
      { name: "beyond", from: 100 },
    ];
    const { frames, refused } = await read(video(path, { clips, format: "jpeg" }));
    expect(frames.map(({ path: at, caption, shows }) => [at, caption.text, shows])).toEqual([
      ["start/frame-000000.jpg", "Frame 0 from segment start", 0],
      ["later/frame-000000.jpg", "a grey wall", 100],
      ["later/frame-000010.jpg", "a grey wall", 110],
      ["later/frame-000020.jpg", "a grey wall", 120],
    ]);
    expect(refused).toEqual(["beyond!no-frames"]);
  });

  it("gives so many frames per second of its own time", async () => {
    const path = join(folder, "fps.mp4");
    await drawCountedVideo(path, { frames: 100, rate: 30 });
    expect((await read(video(path, { fps: 2 }))).shown).toEqual([0, 15, 30, 45, 60, 75, 90]);
    expect((await read(video(path, { fps: 9 }))).shown.slice(0, 5)).toEqual([0, 4, 7, 10, 14]);
    expect((await read(video(path, { fps: 60 }))).shown).toHaveLength(100);
  });

  it("gives one frame per scene, and none that looks like the one before", async () => {
    const path = join(folder, "scenes.mp4");
    await drawSceneVideo(path, { scenes: 4, framesPerScene: 25 });
    const { numbers } = await read(video(path, { scenes: { threshold: 0.2 } }));
    expect(numbers.map((number) => Math.floor(number / 25))).toEqual([0, 1, 2, 3]);
    const all = await read(video(path, { every: 5 }));
    expect(all.numbers).toHaveLength(20);
    const distinct = await read(video(path, { every: 5, distinct: true }));
    expect(distinct.numbers.length).toBeLessThan(12);
    expect(new Set(distinct.numbers.map((number) => Math.floor(number / 25))).size).toBe(4);
  });

  it("is read with bounded memory, and stops when nobody reads on", async () => {
    const path = join(folder, "long.mp4");
    await drawCountedVideo(path, { frames: 400, width: 640, height: 480 });
    let peak = 0;
    const start = process.memoryUsage().arrayBuffers;
    for await (const _ of readVideo(video(path, { every: 1, format: "jpeg" }), options)) {
      peak = Math.max(peak, process.memoryUsage().arrayBuffers - start);
    }
    expect(peak, "of 370 MB of frames").toBeLessThan(150 * 1024 * 1024);
    for await (const file of readVideo(video(path, { every: 1 }), options)) {
      expect(file.path).toBe("frame-000000.png");
      break;
    }
  });

  it("keeps to its limits and ends when it is told to", async () => {
    const path = join(folder, "limits.mp4");
    await drawCountedVideo(path, { frames: 100 });
    const few = { ...options.video, maxFrames: 3 };
    expect(await read(video(path), { video: few })).toMatchObject({
      numbers: [0, 10, 20],
      refused: ["frame-000030.png!too-many-frames"],
    });
    expect((await read(video(path), { maxTotalBytes: 500 })).refused).toMatchObject([/!source-too-large$/]);
    const small = { ...defaultLimits, maxPixels: 1000 };
    await expect(read(video(path), { images: small })).rejects.toMatchObject({ code: "too-many-pixels" });
    const stop = new AbortController();
    const reading = read(video(path, { every: 1 }), { signal: stop.signal });
    stop.abort(new Error("stopped"));
    await expect(reading).rejects.toThrow("stopped");
  });

  it("keeps what it could read of a film that is cut off", async () => {
    const whole = join(folder, "whole.webm");
    await drawCountedVideo(whole, { frames: 100, codec: "libvpx-vp9" });
    const bytes = await readFile(whole);
    const cut = join(folder, "cut.webm");
    await writeFile(cut, bytes.subarray(0, Math.floor(bytes.length * 0.6)));
    const { shown } = await read(video(cut));
    expect(shown.length).toBeGreaterThan(2);
    expect(shown.length).toBeLessThan(10);
    await writeFile(cut, bytes.subarray(0, 60));
    await expect(read(video(cut))).rejects.toMatchObject({ errorClass: "user", code: "video-damaged" });
  });

  it("never follows a playlist, whatever it is called", async () => {
    await drawCountedVideo(join(folder, "target.mp4"), { frames: 10 });
    const path = join(folder, "list.mp4");
    await writeFile(path, `ffconcat version 1.0\nfile '${join(folder, "target.mp4")}'\n\0`);
    await expect(read(video(path))).rejects.toMatchObject({ errorClass: "user", code: "video-damaged" });
    await writeFile(path, `#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile://${join(folder, "target.mp4")}\n`);
    await expect(read(video(path))).rejects.toMatchObject({ code: "not-a-video" });
  });

  it("says what is wrong with a program that hangs", async () => {
    const path = join(folder, "hang.mp4");
    await drawCountedVideo(path, { frames: 10 });
    const ffmpegPath = join(folder, "hanging-ffmpeg");
    await writeFile(
      ffmpegPath,
      '#!/bin/sh\nif [ "$2" = "-version" ]; then echo "ffmpeg version 4.4"; exit 0; fi\nexec sleep 60\n',
    );
    await chmod(ffmpegPath, 0o755);
    const hanging = { ...options.video, ffmpegPath, idleMs: 300 };
    await expect(read(video(path), { video: hanging })).rejects.toMatchObject({ code: "video-timeout" });
  });
});

describe("without ffmpeg", () => {
  it("a video is refused with how to install it, and what is no video with what it is", async () => {
    const path = join(folder, "none.mp4");
    await writeFile(path, Buffer.from("0000001866747970697366000000000000", "hex"));
    const missing = { ...options.video, ffmpegPath: "/nowhere/ffmpeg", ffprobePath: "/nowhere/ffprobe" };
    await expect(read(video(path), { video: missing })).rejects.toMatchObject({
      errorClass: "user",
      code: "ffmpeg-missing",
      message: expect.stringMatching(/apt-get install.*FFMPEG_PATH/),
    });
    await expect(read(video(join(folder, "gone.mp4")))).rejects.toMatchObject({ code: "source-missing" });
    const text = join(folder, "text.mp4");
    await writeFile(text, "hello");
    await expect(read(video(text))).rejects.toMatchObject({ code: "not-a-video" });
  });
});
