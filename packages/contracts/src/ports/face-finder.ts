import type { FoundFace } from "../image-facts.ts";
import type { RgbImage } from "./pocket-engine.ts";
import type { Availability } from "./training-backend.ts";

/** Finds the human faces of a picture. */
export interface FaceFinder {
  /** Detector and version; part of the key of whatever is cut or judged by faces. */
  readonly id: string;
  /** Says what to install where it is not there. */
  isAvailable(signal?: AbortSignal): Promise<Availability>;
  /** The surest first, in pixels of the picture. Throws UserError `faces-unavailable` where it is not available. */
  find(image: RgbImage, signal: AbortSignal): Promise<readonly FoundFace[]>;
  close(): Promise<void>;
}
