import type { CaptionStyle } from "../caption-spec.ts";
import type { PreparedImage } from "../documents.ts";
import type { Charge } from "../records.ts";
import type { Availability } from "./training-backend.ts";

export interface CaptionRequest {
  readonly image: PreparedImage;
  /** Reads the prepared picture; captioners that need no pixels never call it. */
  readonly pixels: () => Promise<{ readonly bytes: Uint8Array; readonly mediaType: string }>;
  readonly style: CaptionStyle;
}

export interface CaptionAnswer {
  readonly text: string;
  readonly charges: readonly Charge[];
}

export interface Captioner {
  /** Provider and version, such as `describe/1` or `openai:llava`; part of the key of every caption. */
  readonly id: string;
  /** How many pictures may be asked about at once. */
  readonly concurrency: number;
  isAvailable(signal?: AbortSignal): Promise<Availability>;
  caption(request: CaptionRequest, signal: AbortSignal): Promise<CaptionAnswer>;
}
