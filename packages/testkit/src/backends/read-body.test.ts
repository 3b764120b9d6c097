import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { expect, test } from "vitest";
import { readBody } from "./read-body.ts";

test("a body whose sender is gone half-way is null, and a whole one is its bytes", async () => {
  const read: Promise<Buffer | null>[] = [];
  const server = createServer((request, response) => {
    const body = readBody(request);
    read.push(body);
    void body.then(() => response.end());
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;

  await fetch(`http://127.0.0.1:${port}`, { method: "POST", body: "all of it" });
  const socket = connect(port, "127.0.0.1");
  const asked = once(server, "request");
  socket.write("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\nonly a part");
  await asked;
  socket.destroy();

  expect(String(await read[0])).toBe("all of it");
  expect(await read[1]).toBeNull();
  server.close();
  server.closeAllConnections();
});
