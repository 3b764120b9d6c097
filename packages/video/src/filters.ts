import type { VideoSource } from "./segments.ts";

/** Which frames are taken. */
export type Choice =
  | { readonly kind: "every"; readonly n: number }
  | { readonly kind: "fps"; readonly fps: number }
  | { readonly kind: "scenes"; readonly threshold: number };

const USUAL_EVERY = 10;
/** Frames after a cut among which the sharpest is taken. */
export const SCENE_FRAMES = 8;

export function choiceOf({ every, fps, scenes }: VideoSource): Choice {
  if (scenes !== undefined) return { kind: "scenes", threshold: scenes.threshold };
  if (fps !== undefined) return { kind: "fps", fps };
  return { kind: "every", n: every ?? USUAL_EVERY };
}

/**
 * Filters that name every frame, keep the chosen ones (of scenes: the first frames after each cut), square the pixels,
 * turn them to RGB and name what is left.
 */
export function filterGraph(choice: Choice): { readonly graph: string; readonly last: number } {
  const filters = [
    "showinfo=checksum=0",
    `select='${expressionOf(choice)}'`,
    ...(choice.kind === "scenes" ? ["metadata=mode=print:key=lavfi.scene_score"] : []),
    "scale=iw*sar:ih:flags=bicubic+accurate_rnd+full_chroma_int",
    "format=rgb24",
    "showinfo=checksum=0",
  ];
  return { graph: filters.join(","), last: filters.length - 1 };
}

function expressionOf(choice: Choice): string {
  switch (choice.kind) {
    case "every":
      return `not(mod(n,${choice.n}))`;
    case "fps":
      // The first frame at or after each beat of the wanted rate; the small share forgives rounded times.
      return `if(eq(n,0),st(0,0)+st(1,t)+1,gte((t-ld(1))*${choice.fps}+0.001,ld(0)+1)*(1+0*st(0,floor((t-ld(1))*${choice.fps}+0.001))))`;
    case "scenes":
      return `if(gt(scene,${choice.threshold})+eq(n,0),1+0*st(0,n),lt(n-ld(0),${SCENE_FRAMES}))`;
  }
}
