import type { FacetVocabulary } from "./vocabulary.ts";

/** How it lies in the frame, and from where it is seen. */
export const composition: FacetVocabulary<"composition"> = {
  "close-up": {
    "close up": 1,
    closeup: 1,
    "extreme close up": 1,
    "face focus": 0.7,
    "detail shot": 0.8,
    headshot: 0.8,
  },
  portrait: { portrait: 1, "head and shoulders": 1, headshot: 0.9, bust: 0.6, selfie: 0.7 },
  "half-body": { "half body": 1, "upper body": 1, "cowboy shot": 0.9, "waist up": 1, "medium shot": 0.9 },
  "full-body": { "full body": 1, "full length": 1, "whole body": 1, "full figure": 1 },
  "wide-shot": {
    "wide shot": 1,
    "wide angle": 0.9,
    "establishing shot": 1,
    "long shot": 0.9,
    vista: 0.8,
    landscape: 0.5,
    scenery: 0.5,
  },
  macro: { macro: 1, "macro photography": 1, "macro shot": 1, microscopic: 0.8 },
  aerial: {
    aerial: 1,
    "bird's eye": 1,
    "birds eye": 1,
    "drone shot": 1,
    "from above": 0.7,
    "top down": 0.8,
    flatlay: 0.9,
    "flat lay": 0.9,
  },
  "low-angle": { "low angle": 1, "from below": 0.9, "worm's eye": 1 },
  "high-angle": { "high angle": 1, overhead: 0.7, "looking down": 0.5 },
  "side-view": { "side view": 1, "from side": 0.9, profile: 0.7, "in profile": 0.9 },
  symmetrical: { symmetrical: 1, symmetry: 1, symmetric: 1, mirrored: 0.6 },
  centred: { centered: 1, centred: 1, "in the centre": 0.9, "in the center": 0.9, "centre frame": 1 },
  isometric: { isometric: 1, diorama: 0.5 },
  panorama: { panorama: 1, panoramic: 1, ultrawide: 0.8, "360": 0.6, skyline: 0.5, cityscape: 0.4 },
};
