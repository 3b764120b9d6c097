import { sha256Hex } from "@loramill/contracts";
import { startFileServer } from "@loramill/testkit";
import { expect, it, onTestFinished } from "vitest";
import { defaultSourceLimits } from "../source-config.ts";
import { createUrlFetcher } from "./url-fetcher.ts";

it("stores a file under its content, and refuses private networks, plain http and what is too large", async () => {
  const server = await startFileServer({ "/picture.png": "a picture" });
  onTestFinished(() => server.close());
  const stored: { readonly body: string; readonly mediaType: string }[] = [];
  const put = async (body: Uint8Array | AsyncIterable<Uint8Array>, { mediaType }: { readonly mediaType: string }) => {
    const bytes = body instanceof Uint8Array ? body : Buffer.concat(await Array.fromAsync(body));
    stored.push({ body: Buffer.from(bytes).toString(), mediaType });
    return { sha256: sha256Hex(bytes), bytes: bytes.length, mediaType };
  };
  const open = (over: object) => {
    const limits = { ...defaultSourceLimits.http, attempts: 1, ...over };
    const fetcher = createUrlFetcher({ limits, blobs: { put } });
    onTestFinished(() => fetcher.close());
    return (path: string, maxBytes = 1_000) =>
      fetcher.fetch(`${server.url}${path}`, { maxBytes, mediaType: "image/x-assumed" });
  };
  const inside = open({ allowPrivateNetwork: true, allowHttp: true });
  expect(await inside("/picture.png")).toMatchObject({ sha256: sha256Hex("a picture"), bytes: 9 });
  expect(stored).toEqual([{ body: "a picture", mediaType: expect.stringMatching(/^image\//) }]);
  await expect(inside("/picture.png", 3)).rejects.toMatchObject({ errorClass: "user", code: "file-too-large" });
  await expect(inside("/nowhere.png")).rejects.toMatchObject({ errorClass: "user", code: "http-status" });
  await expect(open({ allowHttp: true })("/picture.png")).rejects.toMatchObject({ code: "url-refused" });
  await expect(open({ allowPrivateNetwork: true })("/picture.png")).rejects.toMatchObject({ code: "url-refused" });
});
