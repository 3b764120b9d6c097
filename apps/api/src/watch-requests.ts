import type { FastifyInstance } from "fastify";

/**
 * For how long nobody has asked for anything, in milliseconds; 0 while an answer is under way. Streams and sockets count until
 * their client is gone.
 */
export function watchRequests(server: FastifyInstance): () => number {
  let open = 0;
  let lastEnd = performance.now();
  server.addHook("onRequest", async (request, reply) => {
    if (request.routeOptions.config.scope === "none") return;
    open += 1;
    // Not that of the request, which closes when its body has been read, and never for a socket.
    reply.raw.once("close", () => {
      open -= 1;
      lastEnd = performance.now();
    });
  });
  return () => (open > 0 ? 0 : performance.now() - lastEnd);
}
