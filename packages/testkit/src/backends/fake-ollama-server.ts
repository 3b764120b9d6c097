import { createHash } from "node:crypto";
import { type Misbehaviour, Refused, sendAs, sendJson, startMisbehavingServer } from "./misbehave.ts";

export interface FakeOllamaServer {
  readonly url: string;
  readonly asked: readonly { readonly prompt: string; readonly picture: string }[];
  misbehave(...next: readonly Misbehaviour[]): void;
  close(): Promise<void>;
}

const refused = (status: number, message: string) => new Refused(status, message, { error: message });

/** An Ollama server: tags, show and chat with bare base64 pictures; strict about what it is sent. */
export async function startFakeOllamaServer(
  options: { readonly models?: readonly string[]; readonly capabilities?: readonly string[] } = {},
): Promise<FakeOllamaServer> {
  const { models = ["llava:latest"], capabilities = ["completion", "vision"] } = options;
  const pending: Misbehaviour[] = [];
  const asked: { prompt: string; picture: string }[] = [];
  const server = await startMisbehavingServer(async (request, response, body) => {
    const route = `${request.method} ${request.url}`;
    if (route === "GET /api/tags") {
      return sendJson(response, 200, { models: models.map((name) => ({ name, model: name, size: 1 })) });
    }
    if (route === "POST /api/show") return sendJson(response, 200, { details: { family: "llama" }, capabilities });
    if (route !== "POST /api/chat") throw refused(404, "404 page not found");
    const question = JSON.parse(body.toString("utf8")) as {
      model: string;
      stream?: boolean;
      messages: { role: string; content: string; images?: string[] }[];
      options?: { num_predict?: number };
    };
    const known = [question.model, `${question.model}:latest`];
    if (!models.some((model) => known.includes(model))) {
      throw refused(404, `model "${question.model}" not found, try pulling it first`);
    }
    if (question.stream !== false) throw refused(400, "this fake does not stream");
    const user = question.messages.at(-1);
    const image = user?.images?.[0] ?? "";
    const bytes = Buffer.from(image, "base64");
    if (user?.role !== "user" || bytes.length === 0 || bytes.toString("base64") !== image) {
      throw refused(400, "illegal base64 data at input byte 4");
    }
    const picture = createHash("sha256").update(bytes).digest("hex");
    asked.push({ prompt: user.content, picture });
    const move = pending.shift();
    const said = move?.kind === "say" ? move : { content: `This image shows picture ${picture.slice(0, 8)}.` };
    const isCut = "finishReason" in said && said.finishReason === "length";
    await sendAs(response, move, {
      model: question.model,
      created_at: "2026-01-02T03:04:05Z",
      message: { role: "assistant", content: said.content ?? "" },
      done: true,
      done_reason: isCut ? "length" : "stop",
      total_duration: 1_000_000_000,
      prompt_eval_count: 300,
      eval_count: 12,
    });
  });
  return { url: server.url, asked, misbehave: (...next) => void pending.push(...next), close: server.close };
}
