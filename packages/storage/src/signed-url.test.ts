import { expect, it } from "vitest";
import { createUrlSigner } from "./signed-url.ts";

let now = new Date("2026-01-01T00:00:00Z");
const signer = createUrlSigner(Buffer.alloc(32, 7), { now: () => now });

function codeOf(method: string, url: string): string {
  try {
    return signer.verify(method, url).key;
  } catch (error) {
    return (error as { code: string }).code;
  }
}

it("opens exactly the key, method and time that were signed", () => {
  now = new Date("2026-01-01T00:00:00Z");
  const key = "blobs/ü b+c?d#e&f=g%";
  const url = signer.sign(key, { method: "GET", expiresSeconds: 60 });
  expect(url).toMatch(
    /^\/v1\/objects\/blobs\/%C3%BC%20b%2Bc%3Fd%23e%26f%3Dg%25\?method=GET&expires=1767225660&signature=[\w-]{43}$/,
  );
  expect(codeOf("GET", url)).toBe(key);
  expect(codeOf("HEAD", `https://mill.example:8443/prefix${url}`)).toBe(key);
  expect(codeOf("PUT", url)).toBe("bad-signature");
  expect(codeOf("DELETE", url)).toBe("bad-signature");
  now = new Date("2026-01-01T00:01:00Z");
  expect(codeOf("GET", url)).toBe(key);
  now = new Date("2026-01-01T00:01:01Z");
  expect(codeOf("GET", url)).toBe("url-expired");
});

it("refuses whatever was changed", () => {
  now = new Date("2026-01-01T00:00:00Z");
  const url = signer.sign("checkpoints/job/1", { method: "PUT", expiresSeconds: 60 });
  expect(codeOf("PUT", url)).toBe("checkpoints/job/1");
  for (const changed of [
    url.replace("job", "other"),
    url.replace("job", ".."),
    url.replace("checkpoints/", "checkpoints/./"),
    url.replace(/expires=\d+/, "expires=99999999999"),
    url.replace(/expires=\d+/, "expires=NaN"),
    url.replace("signature=", "signature=A"),
    url.replace(/signature=.*/, "signature="),
    url.replace("/v1/objects/", "/v2/objects/"),
    url.replace("job", "%ZZ"),
    "/v1/objects/a",
    "",
  ]) {
    expect(codeOf("PUT", changed), changed).toBe("bad-signature");
  }
  const other = createUrlSigner(Buffer.alloc(32, 8), { now: () => now });
  expect(() => other.verify("PUT", url)).toThrow(/signature/);
});

it("signs neither for no time, nor for more than a week, nor unsafe keys", () => {
  for (const expiresSeconds of [0, -5, 604_801, Number.NaN]) {
    expect(() => signer.sign("a", { method: "GET", expiresSeconds })).toThrow(/between 1 and 604800/);
  }
  expect(() => signer.sign("../a", { method: "GET", expiresSeconds: 1 })).toThrow(/the key/);
});
