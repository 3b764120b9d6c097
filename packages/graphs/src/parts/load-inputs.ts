import type { Output } from "../nodes/signature.ts";
import { type Audio, type Image, inputName, type Making, type Mask } from "./making.ts";

/** A picture, and its transparency as a mask: 1 where nothing is. */
export function loadImage(making: Making, input: string): readonly [image: Image, mask: Mask] {
  return once(making, `image ${input}`, () => making.draft.add("LoadImage", { image: inputName(making, input) }));
}

/** A picture that is a mask: 1 where it is white. */
export function loadMask(making: Making, input: string): Mask {
  const [mask] = once(making, `mask ${input}`, () =>
    making.draft.add("LoadImageMask", { image: inputName(making, input), channel: "red" }),
  );
  return mask;
}

export function loadAudio(making: Making, input: string): Audio {
  const [audio] = once(making, `audio ${input}`, () =>
    making.draft.add("LoadAudio", { audio: inputName(making, input) }),
  );
  return audio;
}

/** A clip as its frames and sound; `fps` is only known once it runs. */
export interface LoadedClip {
  readonly frames: Image;
  readonly audio: Audio;
  readonly fps: Output<"FLOAT">;
}

export function loadClip(making: Making, input: string): LoadedClip {
  return once(making, `clip ${input}`, () => {
    const [video] = making.draft.add("LoadVideo", { file: inputName(making, input) });
    const [frames, audio, fps] = making.draft.add("GetVideoComponents", { video });
    return { frames, audio, fps };
  });
}

/** The same with the pack VideoHelperSuite, which reads a piece of a clip without the rest. */
export function loadClipPiece(
  making: Making,
  input: string,
  { from = 0, count = 0 }: { readonly from?: number; readonly count?: number } = {},
): { readonly frames: Image; readonly audio: Audio; readonly info: Output<"VHS_VIDEOINFO"> } {
  const [frames, , audio, info] = making.draft.add("VHS_LoadVideo", {
    video: inputName(making, input),
    force_rate: 0,
    custom_width: 0,
    custom_height: 0,
    frame_load_cap: count,
    skip_first_frames: from,
    select_every_nth: 1,
    format: "None",
  });
  return { frames, audio, info };
}

/** Pictures of equal size as one batch, in order. */
export function joinImages({ draft }: Making, images: readonly [Image, ...Image[]]): Image {
  const [first, ...others] = images;
  return others.reduce<Image>((image1, image2) => draft.add("ImageBatch", { image1, image2 })[0], first);
}

function once<T>({ loaded }: Making, key: string, load: () => T): T {
  const found = loaded.get(key);
  if (found !== undefined) return found as T;
  const made = load();
  loaded.set(key, made);
  return made;
}
