import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  ErrorRecord,
  fromErrorRecord,
  hideValues,
  isRetryableStatus,
  PermanentError,
  redact,
  TransientError,
  toErrorRecord,
  UserError,
} from "./errors.ts";

describe("errors", () => {
  it("keep class, code, details and what to wait for, and lose stack and cause", () => {
    const cause = new Error("password=hunter2");
    const error = new TransientError("busy", { code: "rate-limited", details: { limit: 3 }, retryAfterMs: 500, cause });
    expect(error).toMatchObject({ name: "TransientError", errorClass: "transient", cause });
    expect(toErrorRecord(error)).toEqual({
      class: "transient",
      code: "rate-limited",
      message: "busy",
      details: { limit: 3 },
      retryAfterMs: 500,
    });
    expect(toErrorRecord(new UserError("no", { code: "a" })).class).toBe("user");
    expect(toErrorRecord(new PermanentError("no", { code: "a" })).class).toBe("permanent");
  });

  it("keep their class and code through a thread's message and back", () => {
    const options = { code: "full", details: { limit: 3 } };
    for (const error of [
      new UserError("no", options),
      new TransientError("busy", { ...options, retryAfterMs: 500 }),
      new PermanentError("lost", options),
      new TypeError("x is not a function"),
    ]) {
      expect(toErrorRecord(fromErrorRecord(toErrorRecord(error)))).toEqual(toErrorRecord(error));
    }
  });

  it("take anything else for a bug", () => {
    expect(toErrorRecord(new TypeError("x is not a function"))).toMatchObject({
      class: "bug",
      code: "unexpected",
      message: "TypeError: x is not a function",
    });
    for (const thrown of ["a text", undefined, null, 7, { toString: () => "an object" }]) {
      expect(toErrorRecord(thrown)).toMatchObject({ class: "bug", message: String(thrown) });
    }
  });

  it("become records that their schema accepts, whatever the message", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 6_000 }), (message) => {
        const record = toErrorRecord(new PermanentError(message, { code: "c" }));
        expect(ErrorRecord.parse(record)).toEqual(record);
      }),
    );
  });

  it("are worth a retry for the HTTP answers that say so", () => {
    const retried = [200, 400, 401, 403, 404, 408, 409, 422, 425, 429, 500, 503].filter(isRetryableStatus);
    expect(retried).toEqual([408, 409, 425, 429, 500, 503]);
  });
});

describe("redact", () => {
  const secrets = [
    ["cannot reach postgres://me:hunter2@db.example:5432/mill", "hunter2"],
    ["redis://:hunter2@cache:6379 refused", "hunter2"],
    ["GET https://s3.example/b/k?X-Amz-Signature=hunter2abc&X-Amz-Date=1 failed", "hunter2abc"],
    ["https://s3.example/b?X-Amz-Credential=AKIAHUNTER2%2F2026&x=1", "AKIAHUNTER2"],
    ["https://x.example/?token=hunter2&a=b", "hunter2"],
    ["header Authorization: Bearer hunter2hunter2", "hunter2hunter2"],
    ["Basic aHVudGVyMjpodW50ZXIy was refused", "aHVudGVyMjpodW50ZXIy"],
    ["token hf_abcdefghijklmnop is not valid", "hf_abcdefghijklmnop"],
    ["r8_abcdefghijklmnop and rpa_abcdefghijklmnop", "abcdefghijklmnop"],
    ["rps_abcdefghijklmnop was refused", "abcdefghijklmnop"],
    ["Incorrect API key provided: sk-proj-abcdefghijklmnop_1", "abcdefghijklmnop"],
    ["cannot fetch https://glpat-abcdefghijklmnop@code.example/a/b", "abcdefghijklmnop"],
    ["https://x.example/a?api_key=hunter2&sig=hunter2", "hunter2"],
    ["https://x.example/a?b=1&access_token=hunter2", "hunter2"],
  ] as const;

  it("takes credentials out of texts, and leaves the rest to be understood", () => {
    for (const [text, secret] of secrets) {
      expect(redact(text)).not.toContain(secret);
      expect(redact(text)).toContain("***");
    }
    expect(redact(secrets[0][0])).toBe("cannot reach postgres://***@db.example:5432/mill");
    expect(redact(secrets[2][0])).toBe("GET https://s3.example/b/k?X-Amz-Signature=***&X-Amz-Date=1 failed");
  });

  it("leaves texts without credentials as they are", () => {
    const harmless = [
      "ECONNREFUSED 127.0.0.1:5432",
      "step train: 3 of 10 jobs failed",
      "see https://example.org/a?page=2",
    ];
    for (const text of harmless) expect(redact(text)).toBe(text);
  });

  it("finds them wherever they stand in a message", () => {
    const secret = fc.stringMatching(/^[A-Za-z0-9]{8,24}$/);
    const around = fc.stringMatching(/^[a-z ,.]{0,30}$/);
    fc.assert(
      fc.property(secret, around, around, (word, before, after) => {
        const url = `postgres://user:${word}@host/db`;
        expect(redact(`${before} ${url} ${after}`)).not.toContain(`:${word}@`);
        expect(toErrorRecord(new Error(`${before} Bearer ${word} ${after}`)).message).not.toContain(`Bearer ${word}`);
      }),
    );
  });
});

describe("hideValues", () => {
  it("takes known secrets out, whole also where one begins another, and as JSON has them", () => {
    const hide = hideValues(["abcdefgh", "key"], ["abcdefghSECRET", 'two\nlines of "it"', "8690", ""]);
    expect(hide("got abcdefghSECRET and abcdefgh by key on 8690")).toBe("got *** and *** by *** on 8690");
    expect(hide(JSON.stringify({ env: 'two\nlines of "it"' }))).toBe('{"env":"***"}');
    expect(hide("Bearer hunter2hunter2")).toBe("Bearer ***");
  });
});
