import { openContentCache } from "../src/cache/content-cache.ts";
import { createGrants } from "../src/grants.ts";

/** A process that takes one file into a cache: `node run-cache.ts FOLDER OWNER URL SHA256 BYTES`. Prints its path. */
const [folder = "", owner = "", url = "", sha256 = "", bytes = "0"] = process.argv.slice(2);
const cache = await openContentCache({ folder, maxBytes: 1e9, owner });
await cache.forgetPast();
const parts = { fetch, grants: createGrants(Date.now), signal: new AbortController().signal };
const file = { sha256, bytes: Number(bytes), name: "base.safetensors" };
const { path, release } = await cache.take(file, { url }, parts);
console.log(path);
await release();
await cache.close();
