import type { Clock } from "@loramill/contracts";
import { Agent, WebSocket } from "undici";
import { z } from "zod";
import type { Connection } from "./connection.ts";

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
  /**
   * Opens the socket when there is none, and again when it closed or has said nothing for `silentMs`: a server forgets the
   * newer of two sockets of one client when the older one closes.
   */
  keep(): void;
  close(): void;
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

export function openPromptSocket(
  connection: Connection,
  prompt: { readonly id: string; readonly clientId: string },
  options: { readonly clock: Clock; readonly silentMs?: number },
): PromptSocket {
  const { clock, silentMs = SILENT_MS } = options;
  const progress = new Map<string, NodeProgress>();
  let latest: NodeProgress | null = null;
  const agent = new Agent({ connections: 1 });
  let socket: WebSocket | null = null;
  let heardAt = 0;
  let isClosed = false;

  function hear(text: unknown): void {
    heardAt = clock.now().getTime();
    const message = Message.safeParse(parse(text)).data;
    // A prompt without a client is told to everybody.
    if (message === undefined || message.data.prompt_id !== prompt.id) return;
    const { node, value, max } = message.data;
    if (node == null) return;
    if (message.type === "progress" && value !== undefined && max !== undefined) {
      latest = { node, value, max };
      progress.set(node, latest);
    }
  }

  function open(): void {
    const url = `${connection.socketUrl}?clientId=${encodeURIComponent(prompt.clientId)}`;
    const opened = new WebSocket(url, { headers: { ...connection.headers }, dispatcher: agent });
    socket = opened;
    heardAt = clock.now().getTime();
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

/** Binary frames are previews. */
function parse(text: unknown): unknown {
  if (typeof text !== "string") return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
