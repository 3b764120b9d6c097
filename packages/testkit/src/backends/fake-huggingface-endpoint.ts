import { createHash } from "node:crypto";
import { type Misbehaviour, Refused, sendAs, startMisbehavingServer } from "./misbehave.ts";

export interface FakeHuggingFaceEndpoint {
  readonly url: string;
  readonly asked: readonly string[];
  misbehave(...next: readonly Misbehaviour[]): void;
  close(): Promise<void>;
}

/** A dedicated endpoint of image-to-text: raw bytes in, `generated_text` out, in a list as older ones answer if wanted. */
export async function startFakeHuggingFaceEndpoint(
  options: { readonly token?: string; readonly legacy?: boolean } = {},
): Promise<FakeHuggingFaceEndpoint> {
  const pending: Misbehaviour[] = [];
  const asked: string[] = [];
  const server = await startMisbehavingServer(async (request, response, body) => {
    if (options.token !== undefined && request.headers.authorization !== `Bearer ${options.token}`) {
      throw new Refused(401, "unauthorized", { error: "Authorization header is correct, but the token seems invalid" });
    }
    if (request.method !== "POST") throw new Refused(405, "method", { detail: "Method Not Allowed" });
    if (!/^image\/(png|jpeg|webp)$/.test(request.headers["content-type"] ?? "")) {
      throw new Refused(400, "type", { error: `Content type "${request.headers["content-type"]}" not supported` });
    }
    if (body.length === 0) throw new Refused(400, "empty", { error: ["cannot identify image file"] });
    const picture = createHash("sha256").update(body).digest("hex");
    asked.push(picture);
    const move = pending.shift();
    const text = move?.kind === "say" ? move.content : `picture ${picture.slice(0, 8)}`;
    const generated = { generated_text: text ?? "" };
    await sendAs(response, move, options.legacy === true ? [generated] : generated);
  });
  return { url: server.url, asked, misbehave: (...next) => void pending.push(...next), close: server.close };
}
