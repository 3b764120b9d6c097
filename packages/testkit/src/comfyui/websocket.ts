import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";

export interface ServedSocket {
  /** A text frame, or a binary one. */
  send(message: string | Uint8Array): void;
  close(): void;
}

/** Constant of RFC 6455, section 1.3. */
const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
/** Last frame of a message; with the kinds of frame of section 5.2. */
const FINAL = 0x80;
const TEXT = 1;
const BINARY = 2;
const CLOSE = 8;

/** The server's side of a WebSocket, as far as tests need it: messages of one frame, and no pings. */
export function acceptSocket(
  request: IncomingMessage,
  stream: Duplex,
  heard: { readonly onText: (text: string) => void; readonly onClose: () => void },
): ServedSocket {
  const accept = createHash("sha1").update(`${request.headers["sec-websocket-key"]}${GUID}`).digest("base64");
  stream.write(
    `HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-accept: ${accept}\r\n\r\n`,
  );
  let isOpen = true;
  let unread: Buffer = Buffer.alloc(0);
  const end = () => {
    if (!isOpen) return;
    isOpen = false;
    stream.destroy();
    heard.onClose();
  };
  stream.on("data", (chunk: Buffer) => {
    unread = Buffer.concat([unread, chunk]);
    for (let read = readFrame(unread); read !== null && isOpen; read = readFrame(unread)) {
      unread = unread.subarray(read.bytes);
      if (read.kind === TEXT) heard.onText(read.payload.toString("utf8"));
      if (read.kind !== CLOSE) continue;
      stream.write(Buffer.from([FINAL | CLOSE, 0]));
      end();
    }
  });
  stream.on("close", end);
  stream.on("error", end);
  return {
    send: (message) => {
      if (isOpen) stream.write(frame(message));
    },
    close: end,
  };
}

function frame(message: string | Uint8Array): Buffer {
  const isText = typeof message === "string";
  const payload = isText ? Buffer.from(message, "utf8") : message;
  const kind = FINAL | (isText ? TEXT : BINARY);
  if (payload.length < 126) return Buffer.concat([Buffer.from([kind, payload.length]), payload]);
  const isLong = payload.length > 0xffff;
  const head = Buffer.alloc(isLong ? 10 : 4);
  head.set([kind, isLong ? 127 : 126]);
  if (isLong) head.writeBigUInt64BE(BigInt(payload.length), 2);
  else head.writeUInt16BE(payload.length, 2);
  return Buffer.concat([head, payload]);
}

/** The first frame of what a client sent, unmasked; null while it is not whole. */
function readFrame(bytes: Buffer): { readonly kind: number; readonly payload: Buffer; readonly bytes: number } | null {
  if (bytes.length < 2) return null;
  const short = bytes.readUInt8(1) & 0x7f;
  const maskAt = short < 126 ? 2 : short === 126 ? 4 : 10;
  if (bytes.length < maskAt + 4) return null;
  const length = short < 126 ? short : short === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
  const start = maskAt + 4;
  if (bytes.length < start + length) return null;
  const mask = bytes.subarray(maskAt, start);
  const payload = Buffer.from(bytes.subarray(start, start + length));
  for (const [at, byte] of payload.entries()) payload[at] = byte ^ (mask[at % 4] ?? 0);
  return { kind: bytes.readUInt8(0) & 0x0f, payload, bytes: start + length };
}
