import type { Clock } from "@loramill/contracts";
import { Agent, WebSocket } from "undici";
import { z } from "zod";
import { parseJson } from "../http-answer.ts";
import type { Connection } from "./connection.ts";
import { type PreviewImage, readPreviewFrame } from "./preview-frame.ts";

/** Where a prompt stands, as its node counts it. */
export interface NodeProgress {
  readonly node: string;
  readonly value: number;
  readonly max: number;
}

/**
 * What the socket said of one prompt. A hint: messages are not repeated after a lost connection, and a socket can fall
 * silent without closing, so nothing may wait for it.
 */
export interface PromptSocket {
  /** The newest counts by node. */
  progress(node: string): NodeProgress | null;
  /** What was counted last, by whichever node. */
  latest(): NodeProgress | null;
  /** The newest picture of how far it is; null before the first, and where nobody asked for any. */
  preview(): SeenPreview | null;
  /** What was wrong with a frame since the last time that somebody asked; null where nothing was. */
  takeComplaint(): string | null;
  /**
   * Opens the socket when there is none, and again when it closed or has said nothing for `silentMs`: a server forgets the
   * newer of two sockets of one client when the older one closes.
   */
  keep(): void;
  close(): void;
}

export interface SeenPreview extends PreviewImage {
  readonly at: Date;
}

export interface ListenedPrompt {
  readonly id: string;
  readonly clientId: string;
  /** Left out: frames with pictures are dropped. */
  readonly wantsPreviews?: boolean;
}

const Message = z.looseObject({
  type: z.string(),
  data: z.looseObject({
    prompt_id: z.string().optional().catch(undefined),
    node: z.union([z.string(), z.number()]).transform(String).nullish().catch(undefined),
    value: z.number().optional().catch(undefined),
    max: z.number().optional().catch(undefined),
  }),
});

const SILENT_MS = 20_000;
/** Has the server say which prompt a preview is of (0.3.44); one that does not know it takes no notice. */
const ANNOUNCEMENT = JSON.stringify({ type: "feature_flags", data: { supports_preview_metadata: true } });

export function openPromptSocket(
  connection: Connection,
  prompt: ListenedPrompt,
  options: { readonly clock: Clock; readonly silentMs?: number },
): PromptSocket {
  const { clock, silentMs = SILENT_MS } = options;
  const { wantsPreviews = false } = prompt;
  const progress = new Map<string, NodeProgress>();
  let latest: NodeProgress | null = null;
  let preview: SeenPreview | null = null;
  let complaint: string | null = null;
  /** Whether the server said last that it works on this prompt: it works on one at a time. */
  let isAtWork = false;
  const agent = new Agent({ connections: 1 });
  let socket: WebSocket | null = null;
  let heardAt = 0;
  let isClosed = false;

  function hear(data: unknown): void {
    heardAt = clock.now().getTime();
    if (data instanceof ArrayBuffer) see(new Uint8Array(data));
    else if (typeof data === "string") read(data);
  }

  function read(text: string): void {
    const message = Message.safeParse(parseJson(text)).data;
    if (message?.data.prompt_id === undefined) return;
    const { node, value, max } = message.data;
    // A prompt without a client is told to everybody.
    const isOwn = message.data.prompt_id === prompt.id;
    isAtWork = isOwn && !(message.type === "executing" && node == null);
    if (!isOwn || node == null) return;
    if (message.type === "progress" && value !== undefined && max !== undefined) {
      latest = { node, value, max };
      progress.set(node, latest);
    }
  }

  function see(bytes: Uint8Array): void {
    if (!wantsPreviews) return;
    const frame = readPreviewFrame(bytes);
    if (frame.kind === "malformed") complaint = frame.reason;
    if (frame.kind !== "preview") return;
    const isOwn = frame.promptId === null ? isAtWork : frame.promptId === prompt.id;
    if (isOwn) preview = { ...frame.image, at: clock.now() };
  }

  function open(): void {
    const url = `${connection.socketUrl}?clientId=${encodeURIComponent(prompt.clientId)}`;
    const opened = new WebSocket(url, { headers: { ...connection.headers }, dispatcher: agent });
    opened.binaryType = "arraybuffer";
    socket = opened;
    heardAt = clock.now().getTime();
    opened.addEventListener("open", () => {
      if (wantsPreviews && socket === opened) opened.send(ANNOUNCEMENT);
    });
    opened.addEventListener("message", ({ data }) => {
      if (socket === opened) hear(data);
    });
    const forget = () => {
      if (socket === opened) socket = null;
    };
    opened.addEventListener("close", forget);
    opened.addEventListener("error", forget);
  }

  return {
    progress: (node) => progress.get(node) ?? null,
    latest: () => latest,
    preview: () => preview,
    takeComplaint() {
      const taken = complaint;
      complaint = null;
      return taken;
    },
    keep() {
      if (isClosed) return;
      const isSilent = clock.now().getTime() - heardAt > silentMs;
      if (socket !== null && isSilent) {
        socket.close();
        socket = null;
      }
      if (socket === null) open();
    },
    close() {
      isClosed = true;
      socket?.close();
      socket = null;
      void agent.destroy();
    },
  };
}
