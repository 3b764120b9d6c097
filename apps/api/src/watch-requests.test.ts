import websocket from "@fastify/websocket";
import { waitUntil } from "@loramill/testkit";
import Fastify from "fastify";
import { expect, it, onTestFinished } from "vitest";
import { watchRequests } from "./watch-requests.ts";

/** A server whose `/slow` answers when it is let go. */
async function open() {
  const server = Fastify();
  await server.register(websocket);
  const idleMs = watchRequests(server);
  const held = Promise.withResolvers<void>();
  let working = false;
  server.post("/slow", { config: { scope: "read" } }, async () => {
    working = true;
    await held.promise;
    return {};
  });
  server.get("/socket", { websocket: true, config: { scope: "read" } }, async (socket) => socket.send("hello"));
  server.get("/health", { config: { scope: "none" } }, async () => ({}));
  const url = await server.listen({ port: 0, host: "127.0.0.1" });
  onTestFinished(() => server.close());
  return { url, idleMs, letGo: held.resolve, isWorking: () => working };
}

it("does not count a request that is still worked on as over when its body has been read", async () => {
  const { url, idleMs, letGo, isWorking } = await open();
  const headers = { "content-type": "application/json" };
  const answer = fetch(`${url}/slow`, { method: "POST", body: "{}", headers });
  await waitUntil("the request is worked on", isWorking);
  await fetch(`${url}/health`);
  expect(idleMs()).toBe(0);
  letGo();
  await (await answer).text();
  await waitUntil("it is idle", () => idleMs() > 0);
});

it("counts a socket until its client is gone, and what is open to all not at all", async () => {
  const { url, idleMs } = await open();
  const socket = new WebSocket(`${url.replace("http", "ws")}/socket`);
  await new Promise((resolve) => socket.addEventListener("message", resolve));
  await fetch(`${url}/health`);
  expect(idleMs()).toBe(0);
  socket.close();
  await waitUntil("it is idle", () => idleMs() > 0);
});
