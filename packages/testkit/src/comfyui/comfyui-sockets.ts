import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { acceptSocket, type ServedSocket } from "./websocket.ts";

export interface ComfyUiSockets {
  /** Sockets that are open now, and all there ever were. */
  readonly count: number;
  readonly connected: number;
  connect(request: IncomingMessage, stream: Duplex, clientId: string): void;
  /** Tells the client's socket, if one is registered now; nothing is kept for later. */
  tell(clientId: string | undefined, type: string, data: Readonly<Record<string, unknown>>): void;
  /** Sends a client's socket a picture of how far a prompt is, in the way that the client has announced to read. */
  show(clientId: string | undefined, frames: { readonly plain: Uint8Array; readonly described: Uint8Array }): void;
  /** From now on sockets connect and are told nothing. */
  deafen(): void;
  closeAll(): void;
}

/** The sockets of a ComfyUI server, one registration for each client id. */
export function createComfyUiSockets(): ComfyUiSockets {
  const sockets = new Set<ServedSocket>();
  const registered = new Map<string, ServedSocket>();
  const readsMetadata = new Set<ServedSocket>();
  let isDeaf = false;
  let connected = 0;
  return {
    get count() {
      return sockets.size;
    },
    get connected() {
      return connected;
    },
    connect(request, stream, clientId) {
      connected += 1;
      const socket = acceptSocket(request, stream, {
        onText: (text) => {
          if (announcesMetadata(text)) readsMetadata.add(socket);
        },
        onClose: () => {
          sockets.delete(socket);
          readsMetadata.delete(socket);
          // The registration goes with any socket of the client, also when a newer one has taken its place.
          registered.delete(clientId);
        },
      });
      sockets.add(socket);
      registered.set(clientId, socket);
      const status = { exec_info: { queue_remaining: 0 } };
      if (!isDeaf) socket.send(JSON.stringify({ type: "status", data: { status, sid: clientId } }));
    },
    tell(clientId, type, data) {
      if (!isDeaf && clientId !== undefined) registered.get(clientId)?.send(JSON.stringify({ type, data }));
    },
    show(clientId, { plain, described }) {
      const socket = clientId === undefined ? undefined : registered.get(clientId);
      if (!isDeaf) socket?.send(readsMetadata.has(socket) ? described : plain);
    },
    deafen() {
      isDeaf = true;
    },
    closeAll() {
      for (const socket of [...sockets]) socket.close();
    },
  };
}

function announcesMetadata(text: string): boolean {
  const { type, data } = JSON.parse(text) as { type?: string; data?: { supports_preview_metadata?: boolean } };
  return type === "feature_flags" && data?.supports_preview_metadata === true;
}
