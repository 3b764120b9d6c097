export interface FakeComfyUiOptions {
  /** Milliseconds of a training step; default 1. */
  readonly stepMs?: number;
  /** Model files by folder, instead of the usual ones. */
  readonly models?: Readonly<Record<string, readonly string[]>>;
  /** As an older server: without jobs (before 0.5.1), or without cancelling them (before 0.25). */
  readonly jobs?: "none" | "read" | "all";
  /** Node classes it does not have. */
  readonly without?: readonly string[];
  readonly version?: string;
  /** As an older server (before 0.3.44): previews do not say of which prompt they are. */
  readonly plainPreviews?: boolean;
  /** What a proxy before it wants to see. */
  readonly auth?: { readonly header: string; readonly value: string };
  /** Path under which the proxy shows it, such as `/comfy`. */
  readonly basePath?: string;
  readonly maxUploadBytes?: number;
  /** Most entries that the history remembers. */
  readonly historyLimit?: number;
}
