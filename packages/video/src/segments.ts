import { type Source, UserError } from "@loramill/contracts";

/** A video that lies on this machine. */
export type VideoSource = Extract<Source, { type: "video" }> & { readonly path: string };

/** A part of a video that is read. */
export interface Segment {
  /** Null for the whole video, or one unnamed part of it. */
  readonly name: string | null;
  readonly from: number;
  /** Null for the end of the video. */
  readonly to: number | null;
  readonly description: string | null;
}

type Moment = string | number;

/** Seconds of a moment: a number of seconds, `mm:ss` or `h:mm:ss`. */
export function secondsOf(moment: Moment): number {
  if (typeof moment === "number") return moment;
  return moment.split(":").reduce((sum, part) => sum * 60 + Number(part), 0);
}

/** The parts of a video that a spec names, in its order. UserError `bad-range` when one ends before it begins. */
export function segmentsOf({ clips, from, to }: VideoSource): Segment[] {
  const wanted =
    clips === undefined
      ? [toSegment(null, from ?? 0, to, null)]
      : clips.map((clip) => toSegment(clip.name, clip.from, clip.to, clip.description ?? null));
  for (const { name, from: start, to: end } of wanted) {
    if (end === null || end > start) continue;
    const which = name === null ? "the range" : `the clip "${name}"`;
    throw new UserError(`${which} ends at ${end} s, not after it begins at ${start} s`, { code: "bad-range" });
  }
  return wanted;
}

function toSegment(name: string | null, from: Moment, to: Moment | undefined, description: string | null): Segment {
  return { name, from: secondsOf(from), to: to === undefined ? null : secondsOf(to), description };
}

/** What a frame is called where nobody describes it. */
export function captionOf({ name, description }: Segment, number: number): { text: string; origin: string } {
  if (description !== null) return { text: description, origin: "clip description" };
  if (name !== null) return { text: `Frame ${number} from segment ${name}`, origin: "segment" };
  return { text: "a frame from video", origin: "video" };
}

/** `segment/frame-000120.png` */
export function framePath({ name }: Segment, number: number, format: "png" | "jpeg"): string {
  const file = `frame-${String(number).padStart(6, "0")}.${format === "jpeg" ? "jpg" : "png"}`;
  return name === null ? file : `${name}/${file}`;
}
