import { createHash, createHmac } from "node:crypto";
import { request as httpRequest, type IncomingMessage } from "node:http";
import type { S3Server } from "./s3-server.ts";

export interface RawAnswer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
  /** The code of an error's XML; empty when there is none. */
  readonly code: string;
}

export interface RawRequest {
  readonly method: string;
  /** Below the bucket, as it goes over the wire: `key?list-type=2`. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
  /** Instead of the hash of the body. */
  readonly payload?: string;
  readonly at?: Date;
}

/** A signed request as a client without any kindness makes it, so that tests can send what no SDK would. */
export function sendSigned(server: S3Server, options: RawRequest): Promise<RawAnswer> {
  const body = Buffer.from(options.body ?? "");
  const url = new URL(`${server.endpoint}/${server.bucket}/${options.path}`);
  const date = (options.at ?? new Date()).toISOString().replace(/[-:]|\.\d+/g, "");
  const headers: Record<string, string> = {
    ...options.headers,
    host: url.host,
    "x-amz-date": date,
    "x-amz-content-sha256": options.payload ?? sha256(body),
  };
  headers.authorization = authorize(server, options.method, url, headers, date);
  return send(url, options.method, { ...headers, "content-length": String(body.byteLength) }, body);
}

function authorize(server: S3Server, method: string, url: URL, headers: Record<string, string>, date: string): string {
  const names = Object.keys(headers).sort();
  const query = [...url.searchParams].map(([name, value]) => `${uriEscape(name)}=${uriEscape(value)}`).sort();
  const canonical = [
    method,
    decodeURIComponent(url.pathname).split("/").map(uriEscape).join("/"),
    query.join("&"),
    ...names.map((name) => `${name}:${headers[name]}`),
    "",
    names.join(";"),
    headers["x-amz-content-sha256"],
  ].join("\n");
  const scope = [date.slice(0, 8), server.region, "s3", "aws4_request"];
  const { accessKeyId, secretAccessKey } = server.credentials;
  const key = scope.reduce<Buffer>((secret, part) => hmac(secret, part), Buffer.from(`AWS4${secretAccessKey}`));
  const text = ["AWS4-HMAC-SHA256", date, scope.join("/"), sha256(canonical)].join("\n");
  const signature = hmac(key, text).toString("hex");
  return `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope.join("/")}, SignedHeaders=${names.join(";")}, Signature=${signature}`;
}

function send(url: URL, method: string, headers: Record<string, string>, body: Buffer): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { method, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        const bytes = Buffer.concat(chunks);
        const [, code = ""] = /<Error>.*?<Code>([^<]*)/s.exec(bytes.toString("utf8")) ?? [];
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: bytes, code });
      });
    });
    request.on("error", reject);
    request.end(body);
  });
}

export function sha256(bytes: Uint8Array | string): string {
  return createHash("sha256").update(bytes).digest("hex");
}

export function md5Base64(bytes: Uint8Array | string): string {
  return createHash("md5").update(bytes).digest("base64");
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}

function uriEscape(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}
