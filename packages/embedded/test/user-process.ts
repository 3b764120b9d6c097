/** A process that uses an embedded server: started by the tests, prints what it got, stops when its input ends. */
import { once } from "node:events";
import { type EmbeddedPostgresOptions, startEmbeddedPostgres } from "../src/index.ts";

const server = await startEmbeddedPostgres(JSON.parse(process.argv[2] ?? "{}") as EmbeddedPostgresOptions);
console.log(JSON.stringify(server));
process.stdin.resume();
await once(process.stdin, "end");
await server.stop();
