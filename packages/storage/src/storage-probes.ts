import { type ObjectStore, sha256Hex, UserError } from "@loramill/contracts";
import { collect, isMissing } from "./bytes.ts";

interface ProbeContext {
  readonly objects: ObjectStore;
  /** Where it may write; ends in a slash. */
  readonly prefix: string;
  readonly fetch: typeof fetch;
  readonly signal: AbortSignal | undefined;
  readonly largeBytes: number;
}

export interface StorageProbe {
  readonly name: string;
  /** What to do when it fails and the error itself does not say. */
  readonly advice: string;
  readonly run: (context: ProbeContext) => Promise<{ readonly status?: "ok" | "skipped"; readonly message: string }>;
}

export interface CheckFailure {
  readonly code: string;
  readonly message: string;
}

const REACH =
  "Check STORAGE_URL, S3_ENDPOINT, the keys and the bucket's policy (read, write, list and delete objects).";
const BROKEN = "The store does not keep what the mill relies on; use another server or a newer version of it.";
const PRESIGN = "Check that S3_PUBLIC_ENDPOINT (or PUBLIC_URL for a folder) is an address this machine reaches.";

/** Advice by error, where that says more than the check. Messages of other errors carry theirs already. */
export function adviceFor(failure: CheckFailure, otherwise: string): string {
  switch (failure.code) {
    case "storage-unsupported":
      return "Set S3_CHECKSUMS=when-required; if bulk deletes fail, also S3_CONTENT_MD5=true.";
    case "storage-denied":
      return "Check the keys and that their policy allows reading, writing, listing and deleting objects.";
    case "bucket-missing":
      return "Create the bucket, or correct STORAGE_URL.";
    case "storage-unreachable":
      return "Check that the server runs and that S3_ENDPOINT is its address.";
    case "clock-skew":
      return "Set this machine's clock (NTP).";
    default:
      return otherwise;
  }
}

/** A finding, not an error of the store: worded for the report. */
export function expect(condition: boolean, message: string): asserts condition {
  if (!condition) throw new UserError(message, { code: "check-failed" });
}

const text = (value: string) => Buffer.from(value);

async function read(
  { objects, signal }: ProbeContext,
  key: string,
  range?: { start: number; end?: number },
): Promise<Buffer> {
  const { body } = await objects.get(key, { ...(range && { range }), ...(signal && { signal }) });
  return Buffer.from(await collect(body, 1024 ** 3, key));
}

async function* chunks(bytes: number, fill: number): AsyncGenerator<Uint8Array> {
  for (let left = bytes; left > 0; left -= 64 * 1024) yield Buffer.alloc(Math.min(left, 64 * 1024), fill);
}

/** In order; the first decides whether the others are tried. Each uses keys of its own. */
export const storageProbes: readonly StorageProbe[] = [
  {
    name: "write an object",
    advice: REACH,
    run: async ({ objects, prefix }) => {
      const { bytes } = await objects.put(`${prefix}small`, text("loramill"), { contentType: "text/plain" });
      return { message: `${bytes} bytes written to ${objects.id}` };
    },
  },
  {
    name: "read it back",
    advice: REACH,
    run: async (context) => {
      const key = `${context.prefix}small`;
      expect((await read(context, key)).toString() === "loramill", "other bytes came back than were written");
      const info = await context.objects.head(key);
      expect(info?.bytes === 8, `HEAD tells ${info?.bytes} bytes instead of 8`);
      return { message: "the same bytes, and their length" };
    },
  },
  {
    name: "read a range",
    advice: BROKEN,
    run: async (context) => {
      const key = `${context.prefix}range`;
      await context.objects.put(key, text("0123456789"));
      const middle = (await read(context, key, { start: 3, end: 5 })).toString();
      const rest = (await read(context, key, { start: 7 })).toString();
      expect(middle === "345" && rest === "789", `bytes 3 to 5 and from 7 on came as "${middle}" and "${rest}"`);
      return { message: "ranges with and without an end" };
    },
  },
  {
    name: "overwrite",
    advice: BROKEN,
    run: async (context) => {
      const key = `${context.prefix}overwrite`;
      await context.objects.put(key, text("first"));
      await context.objects.put(key, text("second one"));
      expect((await read(context, key)).toString() === "second one", "an older version came back");
      return { message: "the new bytes came back at once" };
    },
  },
  {
    name: "empty object, unicode key",
    advice: BROKEN,
    run: async (context) => {
      const key = `${context.prefix}Ünïcode 图片/a+b & c=1.txt`;
      await context.objects.put(key, new Uint8Array(0));
      expect((await read(context, key)).byteLength === 0, "an empty object did not come back empty");
      for await (const { key: listed } of context.objects.list(`${context.prefix}Ünïcode`)) {
        expect(listed === key, `it is listed as ${listed}`);
        return { message: "written, read and listed" };
      }
      throw new UserError("it is not listed", { code: "check-failed" });
    },
  },
  {
    name: "missing key",
    advice: BROKEN,
    run: async (context) => {
      const key = `${context.prefix}missing`;
      expect((await context.objects.head(key)) === null, "HEAD found a key that was never written");
      try {
        await read(context, key);
      } catch (error) {
        if (!isMissing(error)) throw error;
        await context.objects.delete(key);
        return { message: "told as missing; deleting it is fine" };
      }
      throw new UserError("GET found a key that was never written", { code: "check-failed" });
    },
  },
  {
    name: "list in order",
    advice: BROKEN,
    run: async ({ objects, prefix, signal }) => {
      const names = ["a", "a-b", "a/b", "b/1", "b/10", "b/2"];
      // On a file system a key cannot be the folder of another.
      const keys = names.filter((name) => name !== "a").map((name) => `${prefix}list/${name}`);
      for (const key of keys.toReversed()) await objects.put(key, text(key));
      const listed: string[] = [];
      for await (const { key } of objects.list(`${prefix}list/`, signal ? { signal } : {})) listed.push(key);
      expect(listed.join() === keys.join(), `listed ${listed.length} of ${keys.length} keys, or in another order`);
      const after: string[] = [];
      for await (const { key } of objects.list(`${prefix}list/`, { after: `${prefix}list/b/1` })) after.push(key);
      expect(after.join() === keys.slice(3).join(), "listing from a key on is wrong");
      return { message: `${keys.length} keys in order, and from one on` };
    },
  },
  {
    name: "large object of unknown length",
    advice: "The server must support multipart uploads (create, upload part, complete, abort).",
    run: async (context) => {
      const { objects, prefix, largeBytes, signal } = context;
      const put = await objects.put(`${prefix}large`, chunks(largeBytes, 7), signal ? { signal } : {});
      expect(put.bytes === largeBytes, `${put.bytes} of ${largeBytes} bytes were stored`);
      const back = sha256Hex(await read(context, `${prefix}large`));
      expect(back === put.sha256, "other bytes came back than were written");
      return { message: `${largeBytes} bytes written in parts and read back` };
    },
  },
  {
    name: "refuse a wrong digest",
    advice: BROKEN,
    run: async ({ objects, prefix }) => {
      const key = `${prefix}wrong`;
      const refused = await objects
        .put(key, text("these bytes"), { sha256: sha256Hex("others") })
        .then(() => false)
        .catch((error: unknown) => error instanceof UserError && error.code === "wrong-digest");
      expect(refused, "a body with a wrong digest was taken");
      expect((await objects.head(key)) === null, "a refused body left an object");
      return { message: "refused, and nothing was stored" };
    },
  },
  {
    name: "writers of one key",
    advice: BROKEN,
    run: async (context) => {
      const key = `${context.prefix}race`;
      const bodies = [1, 2, 3, 4].map((fill) => Buffer.alloc(50_000 + fill, fill));
      await Promise.all(bodies.map((body) => context.objects.put(key, body)));
      const kept = await read(context, key);
      expect(
        bodies.some((body) => body.equals(kept)),
        "writers at the same time left a mixture",
      );
      return { message: "one whole object was left" };
    },
  },
  {
    name: "signed URLs",
    advice: PRESIGN,
    run: async (context) => {
      const { objects, prefix, fetch: get } = context;
      const key = `${prefix}signed file`;
      const upload = await objects.presign(key, { method: "PUT", expiresSeconds: 60 });
      if (upload === null)
        return { status: "skipped", message: "PUBLIC_URL is not set; pods and remote trainers need it" };
      const signal = AbortSignal.timeout(30_000);
      const put = await get(upload, { method: "PUT", body: "signed", signal });
      expect(put.ok, `a signed PUT was answered with HTTP ${put.status}`);
      const url = (await objects.presign(key, { method: "GET", expiresSeconds: 60 })) ?? "";
      const answer = await get(url, { signal });
      expect(answer.ok && (await answer.text()) === "signed", `a signed GET was answered with HTTP ${answer.status}`);
      const forged = url.replace(
        /([Ss]ignature=)(.)/,
        (_, name: string, char: string) => name + (char === "0" ? "1" : "0"),
      );
      const refused = await get(forged, { signal });
      await refused.arrayBuffer();
      expect(!refused.ok, "the server accepts a forged signature: everybody can read this bucket");
      return { message: "PUT and GET work; a forged one is refused" };
    },
  },
  {
    name: "delete",
    advice: "Allow deleting objects; if only bulk deletes fail, set S3_CONTENT_MD5=true.",
    run: async ({ objects, prefix }) => {
      await objects.delete(`${prefix}small`);
      expect((await objects.head(`${prefix}small`)) === null, "a deleted object is still there");
      return { message: "gone at once" };
    },
  },
];
