import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Whether this machine can draw and read videos; says so loudly where it cannot. */
export async function hasFfmpeg(): Promise<boolean> {
  try {
    await run("ffmpeg", ["-version"]);
    return true;
  } catch {
    console.warn(
      "SKIPPED: videos, because ffmpeg is not installed (apt-get install -y --no-install-recommends ffmpeg)",
    );
    return false;
  }
}

export interface DrawnVideo {
  readonly frames: number;
  readonly width?: number;
  readonly height?: number;
  readonly rate?: number;
  /** x264 in .mp4 and .mov, VP9 in .webm. */
  readonly codec?: "libx264" | "libvpx-vp9";
}

/** A film whose nth frame (up to 200) is a flat grey that says n: see `numberOfGrey`. */
export function drawCountedVideo(
  path: string,
  { frames, width = 64, height = 48, rate = 25, codec = "libx264" }: DrawnVideo,
): Promise<void> {
  // Computed small, because every pixel is computed.
  const source = `nullsrc=size=16x12:rate=${rate},geq=lum='16+mod(N,200)':cb=128:cr=128,scale=${width}:${height}`;
  return draw(path, ["-f", "lavfi", "-i", source, "-frames:v", String(frames)], codec);
}

/** Which frame a grey level of `drawCountedVideo` stands for. */
export function numberOfGrey(level: number): number {
  return Math.round((level * 219) / 255);
}

/** A film of still scenes that are cut hard, each with its own pattern, `framesPerScene` long. */
export function drawSceneVideo(
  path: string,
  { scenes, framesPerScene, codec = "libx264" }: { scenes: number; framesPerScene: number } & Pick<DrawnVideo, "codec">,
): Promise<void> {
  const size = "size=160x120:rate=25";
  const patterns = [
    `smptebars=${size}`,
    `mandelbrot=${size}:end_scale=0.3`,
    `color=c=white:${size}`,
    `rgbtestsrc=${size}`,
  ];
  const inputs = Array.from({ length: scenes }, (_, n) => [
    ...["-f", "lavfi", "-t", String(framesPerScene / 25)],
    ...["-i", patterns[n % patterns.length] as string],
  ]).flat();
  const labels = Array.from({ length: scenes }, (_, n) => `[${n}:v]format=yuv420p,setsar=1[v${n}]`).join(";");
  const joined = Array.from({ length: scenes }, (_, n) => `[v${n}]`).join("");
  return draw(
    path,
    [...inputs, "-filter_complex", `${labels};${joined}concat=n=${scenes}:v=1[out]`, "-map", "[out]"],
    codec,
  );
}

async function draw(path: string, args: readonly string[], codec: string): Promise<void> {
  const quality =
    codec === "libx264" ? ["-crf", "4", "-preset", "ultrafast"] : ["-crf", "8", "-b:v", "0", "-cpu-used", "8"];
  await run("ffmpeg", [
    "-nostdin",
    "-v",
    "error",
    "-y",
    ...args,
    "-c:v",
    codec,
    ...quality,
    "-pix_fmt",
    "yuv420p",
    path,
  ]);
}
