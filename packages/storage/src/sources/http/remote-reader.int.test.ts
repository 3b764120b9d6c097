import { startFileServer } from "@loramill/testkit";
import { expect, it, onTestFinished } from "vitest";
import { defaultSourceLimits } from "../source-config.ts";
import { createRemoteReader } from "./remote-reader.ts";

it("reads a file, refuses what is not to be fetched, and takes other failures for passing ones", async () => {
  const server = await startFileServer({ "/picture.png": "a picture" });
  onTestFinished(() => server.close());
  const http = { ...defaultSourceLimits.http, attempts: 1 };
  const open = (over: Partial<typeof http>) => {
    const reader = createRemoteReader({ ...http, ...over });
    onTestFinished(() => reader.close());
    return (path: string, maxBytes = 1_000) =>
      reader.read(`${server.url}${path}`, { maxBytes, signal: new AbortController().signal });
  };
  const inside = open({ allowPrivateNetwork: true, allowHttp: true });
  expect(Buffer.from(await inside("/picture.png")).toString()).toBe("a picture");
  await expect(inside("/picture.png", 3)).rejects.toMatchObject({ errorClass: "user", code: "file-too-large" });
  await expect(inside("/nowhere.png")).rejects.toMatchObject({ errorClass: "transient", code: "fetch-failed" });
  await expect(open({ allowHttp: true })("/picture.png")).rejects.toMatchObject({ code: "url-refused" });
});
