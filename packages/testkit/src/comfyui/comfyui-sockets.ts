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
  /** From now on sockets connect and are told nothing. */
  deafen(): void;
  closeAll(): void;
}

/** The sockets of a ComfyUI server, one registration for each client id. */
export function createComfyUiSockets(): ComfyUiSockets {
  const sockets = new Set<ServedSocket>();
  const registered = new Map<string, ServedSocket>();
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
      const socket = acceptSocket(request, stream, () => {
        sockets.delete(socket);
        // The registration goes with any socket of the client, also when a newer one has taken its place.
        registered.delete(clientId);
      });
      sockets.add(socket);
      registered.set(clientId, socket);
      const status = { exec_info: { queue_remaining: 0 } };
      if (!isDeaf) socket.send(JSON.stringify({ type: "status", data: { status, sid: clientId } }));
    },
    tell(clientId, type, data) {
      if (!isDeaf && clientId !== undefined) registered.get(clientId)?.send(JSON.stringify({ type, data }));
    },
    deafen() {
      isDeaf = true;
    },
    closeAll() {
      for (const socket of [...sockets]) socket.close();
    },
  };
}
