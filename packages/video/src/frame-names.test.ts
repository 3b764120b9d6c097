import { expect, it } from "vitest";
import { createFrameNames } from "./frame-names.ts";

/** As ffmpeg 5 and 7 log them. */
const five = (filter: number, n: number, pts: number, time: string) =>
  `[Parsed_showinfo_${filter} @ 0x558452362a80] [info] n:${String(n).padStart(4)} pts:${String(pts).padStart(7)} pts_time:${time.padEnd(7)} pos:    40122 fmt:rgb24 sar:1/1 s:320x240 i:P iskey:0 type:B `;
const seven = (filter: number, n: number, pts: number, time: string) =>
  `[Parsed_showinfo_${filter} @ 0x55] [info] n:${String(n).padStart(4)} pts:${String(pts).padStart(7)} pts_time:${time.padEnd(7)} duration:    512 duration_time:0.04    fmt:rgb24 cl:left sar:1/1 s:64x48 i:P iskey:1 type:I `;

it.each([
  ["5", five, { width: 320, height: 240 }],
  ["7", seven, { width: 64, height: 48 }],
])("tells the numbers of frames that ffmpeg %s keeps", (_, line, size) => {
  const names = createFrameNames(4);
  const lines = [
    line(0, 0, 0, "0"),
    line(4, 0, 0, "0"),
    "[Parsed_showinfo_4 @ 0x55] [info] color_range:unknown color_space:unknown",
    line(0, 1, 512, "0.04"),
    line(0, 2, 1024, "0.08"),
    "[Parsed_metadata_2 @ 0x55] [info] lavfi.scene_score=0.412000",
    // The filters of kept frames may lag behind.
    line(0, 3, 1536, "0.12"),
    line(4, 1, 1024, "0.08"),
    line(4, 2, 1536, "0.12"),
  ];
  expect(lines.map((text) => names.readLine(text)).filter((frame) => frame !== null)).toEqual([
    { number: 0, seconds: 0, score: 0, ...size },
    { number: 2, seconds: 0.08, score: 0.412, ...size },
    { number: 3, seconds: 0.12, score: 0.412, ...size },
  ]);
});

it("keeps the last errors, without their addresses", () => {
  const names = createFrameNames(4);
  for (let n = 0; n < 9; n++) names.readLine(`[h264 @ 0x5] [error] broken ${n}`);
  names.readLine("[info] Stream mapping:");
  expect(names.trouble).toEqual([4, 5, 6, 7, 8].map((n) => `broken ${n}`));
});
