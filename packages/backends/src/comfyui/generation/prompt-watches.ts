import type { Clock } from "@loramill/contracts";
import type { ComfyUiClient } from "../client.ts";
import type { NodeProgress, PromptSocket, SeenPreview } from "../prompt-socket.ts";

/** What the socket of a prompt has said. */
export interface PromptSight {
  /** What was counted last. */
  readonly counted: NodeProgress | null;
  readonly preview: SeenPreview | null;
  /** What was wrong with a frame since the last look. */
  readonly complaint: string | null;
}

/**
 * The sockets of a process, one for each prompt that it has looked at lately. They tell steps and show previews, and nothing
 * waits for them.
 */
export interface PromptWatches {
  /** Opens the socket when there is none. */
  look(promptId: string, client: ComfyUiClient): PromptSight;
  forget(promptId: string): void;
  close(): void;
}

/** A prompt that another worker has gone on with is not looked at here any more. */
const IDLE_MS = 300_000;

export function openPromptWatches(clock: Clock, { wantsPreviews }: { readonly wantsPreviews: boolean }): PromptWatches {
  const sockets = new Map<string, { readonly socket: PromptSocket; usedAt: number }>();
  const forget = (promptId: string) => {
    sockets.get(promptId)?.socket.close();
    sockets.delete(promptId);
  };
  return {
    look(promptId, client) {
      const now = clock.now().getTime();
      for (const [id, { usedAt }] of [...sockets]) if (now - usedAt > IDLE_MS) forget(id);
      // An id of its own for each prompt: a server forgets the newer of two sockets of one client when the older one closes.
      const socket =
        sockets.get(promptId)?.socket ?? client.listen({ id: promptId, clientId: promptId, wantsPreviews });
      sockets.set(promptId, { socket, usedAt: now });
      socket.keep();
      return { counted: socket.latest(), preview: socket.preview(), complaint: socket.takeComplaint() };
    },
    forget,
    close() {
      for (const promptId of [...sockets.keys()]) forget(promptId);
    },
  };
}
