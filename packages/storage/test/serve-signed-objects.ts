import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { UserError } from "@loramill/contracts";
import type { OpenedStores } from "../src/open-stores.ts";

/** The part of the API that serves signed URLs of a folder store, as small as can be; for tests of this package. */
export async function serveSignedObjects(): Promise<{
  url: string;
  use(stores: OpenedStores): void;
  close(): Promise<void>;
}> {
  let stores: OpenedStores | undefined;
  const server = createServer((request, response) => {
    answer(request, response, stores).catch((error: unknown) => {
      response.statusCode = error instanceof UserError && error.code === "bad-range" ? 416 : 403;
      response.end(error instanceof UserError ? error.code : String(error));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    use(opened) {
      stores = opened;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  stores: OpenedStores | undefined,
): Promise<void> {
  if (stores?.signer == null) throw new Error("no store is served");
  const { key } = stores.signer.verify(request.method ?? "", request.url ?? "");
  if (request.method === "PUT") {
    await stores.objects.put(key, request as AsyncIterable<Buffer>);
    response.end();
    return;
  }
  const [, start, end] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "") ?? [];
  const range = start === undefined ? {} : { range: { start: Number(start), ...(end ? { end: Number(end) } : {}) } };
  const object = await stores.objects.get(key, range);
  response.writeHead(start === undefined ? 200 : 206, { "content-length": object.bytes });
  for await (const chunk of object.body) response.write(chunk);
  response.end();
}
