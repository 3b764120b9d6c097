import type { Output } from "../nodes/signature.ts";
import { type Assembly, type Audio, type Image, inputName, type Mask } from "./assembly.ts";

/** A picture, and its transparency as a mask: 1 where nothing is. */
export function loadImage(assembly: Assembly, input: string): readonly [image: Image, mask: Mask] {
  return once(assembly, `image ${input}`, () => assembly.draft.add("LoadImage", { image: inputName(assembly, input) }));
}

/** A picture that is a mask: 1 where it is white. */
export function loadMask(assembly: Assembly, input: string): Mask {
  const [mask] = once(assembly, `mask ${input}`, () =>
    assembly.draft.add("LoadImageMask", { image: inputName(assembly, input), channel: "red" }),
  );
  return mask;
}

export function loadAudio(assembly: Assembly, input: string): Audio {
  const [audio] = once(assembly, `audio ${input}`, () =>
    assembly.draft.add("LoadAudio", { audio: inputName(assembly, input) }),
  );
  return audio;
}

/** A clip as its frames and sound; `fps` is only known once it runs. */
export interface LoadedClip {
  readonly frames: Image;
  readonly audio: Audio;
  readonly fps: Output<"FLOAT">;
}

export function loadClip(assembly: Assembly, input: string): LoadedClip {
  return once(assembly, `clip ${input}`, () => {
    const [video] = assembly.draft.add("LoadVideo", { file: inputName(assembly, input) });
    const [frames, audio, fps] = assembly.draft.add("GetVideoComponents", { video });
    return { frames, audio, fps };
  });
}

/** The same with the pack VideoHelperSuite, which reads a piece of a clip without the rest. */
export function loadClipPiece(
  assembly: Assembly,
  input: string,
  { from = 0, count = 0 }: { readonly from?: number; readonly count?: number } = {},
): { readonly frames: Image; readonly audio: Audio; readonly info: Output<"VHS_VIDEOINFO"> } {
  const [frames, , audio, info] = assembly.draft.add("VHS_LoadVideo", {
    video: inputName(assembly, input),
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

/** Pictures of equal size as one batch, in order. By halves: a server keeps what every node gives, so a chain would cost n² in memory. */
export function joinImages(assembly: Assembly, images: readonly [Image, ...Image[]]): Image {
  if (images.length === 1) return images[0];
  const middle = Math.ceil(images.length / 2);
  const half = (part: readonly Image[]) => joinImages(assembly, part as readonly [Image, ...Image[]]);
  const [image1, image2] = [half(images.slice(0, middle)), half(images.slice(middle))];
  return assembly.draft.add("ImageBatch", { image1, image2 })[0];
}

function once<T>({ loaded }: Assembly, key: string, load: () => T): T {
  const found = loaded.get(key);
  if (found !== undefined) return found as T;
  const made = load();
  loaded.set(key, made);
  return made;
}
