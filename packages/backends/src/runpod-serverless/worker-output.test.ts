import { expect, it } from "vitest";
import { fileOf } from "./worker-output.ts";

const finished = { id: "c0ffee-u1", status: "COMPLETED", delayTime: 31_618, executionTime: 1437 };

it.each([
  ["the vendor's own example", { images: ["https://files.example/ComfyUI_1.png"] }],
  [
    "a file with its address",
    { images: [{ filename: "a.png", type: "s3_url", data: "https://files.example/ComfyUI_1.png" }] },
  ],
  ["an address as such", { images: [{ url: "https://files.example/ComfyUI_1.png" }] }],
])("%s names where the file lies", (_, output) => {
  expect(fileOf({ ...finished, output })).toEqual({ kind: "url", url: "https://files.example/ComfyUI_1.png" });
});
