import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";

export interface ServedSocket {
  send(text: string): void;
  close(): void;
}

/** Constant of RFC 6455, section 1.3. */
const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const TEXT = 0x81;
const CLOSE = 0x88;

/** The server's side of a WebSocket that only speaks: what the client sends is read for its close frame and dropped. */
export function acceptSocket(request: IncomingMessage, stream: Duplex, onClose: () => void): ServedSocket {
  const accept = createHash("sha1").update(`${request.headers["sec-websocket-key"]}${GUID}`).digest("base64");
  stream.write(
    `HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-accept: ${accept}\r\n\r\n`,
  );
  let isOpen = true;
  const end = () => {
    if (!isOpen) return;
    isOpen = false;
    stream.destroy();
    onClose();
  };
  stream.on("data", (chunk: Buffer) => {
    if (((chunk[0] ?? 0) & 0x0f) !== 8) return;
    stream.write(Buffer.from([CLOSE, 0]));
    end();
  });
  stream.on("close", end);
  stream.on("error", end);
  return {
    send: (text) => {
      if (isOpen) stream.write(frame(text));
    },
    close: end,
  };
}

function frame(text: string): Buffer {
  const payload = Buffer.from(text, "utf8");
  if (payload.length < 126) return Buffer.concat([Buffer.from([TEXT, payload.length]), payload]);
  const head = Buffer.alloc(4);
  head.set([TEXT, 126]);
  head.writeUInt16BE(payload.length, 2);
  return Buffer.concat([head, payload]);
}
