import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { cacheLayout, type Digest, sha256Hex } from "@loramill/contracts";
import type { CrashPoint } from "@loramill/testkit";
import { type CachedFile, type ContentCache, openContentCache } from "../src/cache/content-cache.ts";
import { type Disk, nodeDisk, type PartFile } from "../src/cache/disk.ts";
import type { Ticker } from "../src/cache/presence.ts";
import { createGrants } from "../src/grants.ts";
import type { TransferParts } from "../src/transfer.ts";

/** Time that passes only while nobody does anything, so that minutes of waiting take no time and no work is late. */
export function createStillTime() {
  let now = 0;
  let busy = 0;
  const sleepers: { readonly at: number; readonly wake: () => void }[] = [];

  return {
    /** `startsAt`: the zero of that machine's own clock. */
    ticker: (startsAt = 0): Ticker & { jump(ms: number): void } => {
      let ahead = startsAt;
      return {
        now: () => now + ahead,
        jump: (ms) => {
          ahead += ms;
        },
        sleep: (ms, signal) =>
          new Promise((resolve) => {
            if (signal.aborted) return resolve();
            const sleeper = { at: now + ms, wake: resolve };
            sleepers.push(sleeper);
            signal.addEventListener("abort", () => resolve(), { once: true });
          }),
      };
    },
    async work<T>(doing: () => Promise<T>): Promise<T> {
      busy += 1;
      try {
        return await doing();
      } finally {
        busy -= 1;
      }
    },
    now: () => now,
    /** Lets time pass until something has come to its end, whatever that is; `busyBy` of those at work only wait. */
    async until<T>(promise: Promise<T>, busyBy = 0): Promise<T> {
      let isSettled = false;
      const settle = () => {
        isSettled = true;
      };
      promise.then(settle, settle);
      for (let still = 0; !isSettled; ) {
        await turn();
        still = busy <= busyBy ? still + 1 : 0;
        if (still < 6 || isSettled) continue;
        still = 0;
        sleepers.sort((a, b) => a.at - b.at);
        const next = sleepers.shift();
        if (next === undefined) continue;
        now = Math.max(now, next.at);
        next.wake();
      }
      return promise;
    },
  };
}

export interface Machine {
  readonly cache: ContentCache;
  take(file: CachedFile): ReturnType<ContentCache["take"]>;
  readonly ticker: Ticker & { jump(ms: number): void };
}

/** A folder that machines share, with a server of files that tells what it was asked for. */
export async function openCacheTrial() {
  const folder = await mkdtemp(join(tmpdir(), "content-cache-"));
  const time = createStillTime();
  const files = new Map<string, Uint8Array>();
  const asked: string[] = [];
  const server = { hasRanges: true, breaksAfter: [] as number[], hold: null as Promise<void> | null };
  const opened: ContentCache[] = [];

  const serve = (async (url: string, init: { headers?: { range?: string }; signal: AbortSignal }) => {
    const content = files.get(url) ?? new Uint8Array();
    const range = server.hasRanges ? /bytes=(\d+)-/.exec(init.headers?.range ?? "")?.[1] : undefined;
    asked.push(`${url} ${init.headers?.range ?? "whole"}`);
    if (server.hold !== null) await server.hold;
    const start = Number(range ?? 0);
    const breakAt = server.breaksAfter.shift();
    const pieces = [0, 1, 2, 3].map((n) =>
      content.subarray(start).subarray(n * 1_500, n === 3 ? undefined : (n + 1) * 1_500),
    );
    const body = new ReadableStream<Uint8Array>({
      async start(controller) {
        for (const piece of breakAt === undefined ? pieces : [content.subarray(start, start + breakAt)]) {
          if (piece.length > 0) controller.enqueue(piece);
        }
        if (breakAt === undefined) return controller.close();
        // What was sent before the line broke is read first.
        for (let n = 0; n < 20; n += 1) await turn();
        controller.error(new TypeError("terminated"));
      },
    });
    const headers = { "content-range": `bytes ${start}-${content.length - 1}/${content.length}` };
    return new Response(body, { status: range === undefined ? 200 : 206, ...(range === undefined ? {} : { headers }) });
  }) as unknown as typeof fetch;

  /** An agent. With a crash point, it dies there, and does nothing more. */
  async function startMachine(
    owner: string,
    { crash, maxBytes = 1e6, startsAt = 0 }: { crash?: CrashPoint; maxBytes?: number; startsAt?: number } = {},
  ): Promise<Machine> {
    const death = new AbortController();
    const step = async <T>(work: () => Promise<T>): Promise<T> =>
      time.work(async () => {
        try {
          return await (crash === undefined ? work() : crash.step(work));
        } finally {
          if (crash?.hasCrashed) death.abort(new Error("it died"));
        }
      });
    const disk = stepwise(nodeDisk, step);
    const ticker = time.ticker(startsAt);
    const parts: TransferParts = {
      fetch: ((...args: Parameters<typeof fetch>) => step(() => serve(...args))) as typeof fetch,
      grants: createGrants(() => 0),
      signal: death.signal,
    };
    const cache = await openContentCache({ folder, maxBytes, owner, disk, ticker });
    opened.push(cache);
    return { cache, ticker, take: (file) => cache.take(file, { url: `/${file.name}` }, parts) };
  }

  return {
    folder,
    time,
    files,
    asked,
    server,
    startMachine,
    file(name: string, fill: number, bytes = 5_000): CachedFile {
      const content = Uint8Array.from({ length: bytes }, (_, i) => (i * 7 + fill) % 251);
      files.set(`/${name}`, content);
      return { name, bytes, sha256: sha256Hex(content) as Digest };
    },
    /** Digests whose files are there, each of which must be what its name says. */
    async wholeFiles(): Promise<string[]> {
      const at = join(folder, cacheLayout.files);
      const whole: string[] = [];
      for (const digest of await nodeDisk.names(at)) {
        for (const name of await nodeDisk.names(join(at, digest))) {
          const found = await nodeDisk.digest(join(at, digest, name));
          if (found !== digest) throw new Error(`${digest}/${name} has the digest ${found}`);
          whole.push(digest);
        }
      }
      return whole.sort();
    },
    stateOf: async ({ sha256 }: CachedFile) => (await nodeDisk.names(join(folder, cacheLayout.state(sha256)))).sort(),
    async close() {
      for (const cache of opened) await cache.close().catch(() => undefined);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function stepwise(disk: Disk, step: <T>(work: () => Promise<T>) => Promise<T>): Disk {
  return {
    names: (...args) => step(() => disk.names(...args)),
    read: (...args) => step(() => disk.read(...args)),
    facts: (...args) => step(() => disk.facts(...args)),
    create: (...args) => step(() => disk.create(...args)),
    replace: (...args) => step(() => disk.replace(...args)),
    digest: (...args) => step(() => disk.digest(...args)),
    move: (...args) => step(() => disk.move(...args)),
    alias: (...args) => step(() => disk.alias(...args)),
    remove: (...args) => step(() => disk.remove(...args)),
    prune: (...args) => step(() => disk.prune(...args)),
    async openPart(path) {
      let opened: PartFile | null = null;
      const file = await step(async () => {
        opened = await disk.openPart(path);
        return opened;
      }).catch(async (error: unknown) => {
        await opened?.close();
        throw error;
      });
      return {
        bytes: file.bytes,
        write: (...args) => step(() => file.write(...args)),
        sync: () => step(() => file.sync()),
        // A process that dies closes its files.
        close: () => file.close(),
      };
    },
  };
}
