import { expect, it } from "vitest";
import { createAgentClient, UNREACHABLE } from "./agent-client.ts";

const answering = (status: number, body: unknown) =>
  createAgentClient("http://127.0.0.1:8690", "a token of the tests", {
    fetch: (async () => new Response(JSON.stringify(body), { status })) as never,
  });

it("takes an agent that could not start for one that does not answer, and says why it could not", async () => {
  const detail = "AGENT_CACHE_DIR: /volume/cache cannot be written (EACCES)";
  const client = answering(503, { title: "agent-not-open", status: 503, code: "agent-not-open", detail });
  const poll = client.find("one", new AbortController().signal);
  await expect(poll).rejects.toMatchObject({ code: UNREACHABLE, message: expect.stringContaining(detail) });
});
