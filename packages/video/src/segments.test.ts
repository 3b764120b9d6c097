import { Source } from "@loramill/contracts";
import { expect, it } from "vitest";
import { choiceOf } from "./filters.ts";
import { captionOf, framePath, secondsOf, segmentsOf, type VideoSource } from "./segments.ts";

const video = (fields: object) => Source.parse({ type: "video", path: "a.mp4", ...fields }) as VideoSource;

it("reads moments as seconds, minutes and hours", () => {
  expect([12.5, "0:30", "01:02.5", "1:00:01"].map(secondsOf)).toEqual([12.5, 30, 62.5, 3601]);
  for (const from of ["1:75", "x", "-1", -1]) expect(() => video({ from }), String(from)).toThrow();
});

it("reads the whole video, one range of it, or clips that are named", () => {
  expect(segmentsOf(video({}))).toEqual([{ name: null, from: 0, to: null, description: null }]);
  expect(segmentsOf(video({ from: 1, to: "0:05" }))).toEqual([{ name: null, from: 1, to: 5, description: null }]);
  const clips = [
    { name: "intro", to: 2 },
    { name: "end", from: "1:00", description: "a dog runs" },
  ];
  expect(segmentsOf(video({ clips }))).toEqual([
    { name: "intro", from: 0, to: 2, description: null },
    { name: "end", from: 60, to: null, description: "a dog runs" },
  ]);
  expect(() => segmentsOf(video({ from: 5, to: 5 }))).toThrow(/ends at 5 s, not after it begins at 5 s/);
  expect(() => video({ clips, from: 1 })).toThrow(/clips have a from and to of their own/);
  expect(() => video({ clips: [{ name: "a" }, { name: "A" }] })).toThrow(/same name/);
  expect(() => video({ clips: [{ name: "../up" }] })).toThrow();
});

it("captions a frame by its clip, its segment, or as what it is, and names its file", () => {
  const [named, described] = segmentsOf(video({ clips: [{ name: "intro" }, { name: "end", description: "a dog" }] }));
  const [whole] = segmentsOf(video({}));
  if (named === undefined || described === undefined || whole === undefined) throw new Error("no segments");
  expect([captionOf(described, 1), captionOf(named, 120), captionOf(whole, 3)].map(({ text }) => text)).toEqual([
    "a dog",
    "Frame 120 from segment intro",
    "a frame from video",
  ]);
  expect(framePath(named, 120, "png")).toBe("intro/frame-000120.png");
  expect(framePath(whole, 0, "jpeg")).toBe("frame-000000.jpg");
});

it("takes every 10th frame unless it is told otherwise, in one way only", () => {
  expect(choiceOf(video({}))).toEqual({ kind: "every", n: 10 });
  expect(choiceOf(video({ fps: 2 }))).toEqual({ kind: "fps", fps: 2 });
  expect(choiceOf(video({ scenes: {} }))).toEqual({ kind: "scenes", threshold: 0.3 });
  expect(() => video({ every: 2, fps: 2 })).toThrow(/one of every, fps and scenes/);
});
