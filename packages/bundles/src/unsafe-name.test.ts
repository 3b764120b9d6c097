import { expect, it } from "vitest";
import { unsafeName } from "./unsafe-name.ts";

it.each(["../a.png", "/etc/passwd", "a/../../b", "~/a", "C:\\a", "a\\b", "a\nb", "", "x".repeat(1025)])(
  "refuses a picture called %j",
  (path) => {
    expect(unsafeName("captions", { captions: [{ path }], refused: [] } as never)).toBe(path);
    expect(unsafeName("source", { items: [{ path }], refused: [] } as never)).toBe(path);
    expect(unsafeName("dataset-part", { images: [{ path }] } as never)).toBe(path);
  },
);

it.each(["a.png", "dogs/a b.png", "日本/ä..b.png", "..a/b"])("takes a picture called %j", (path) => {
  expect(unsafeName("prepared", { images: [{ path }], refused: [] } as never)).toBeNull();
});

it("refuses names of LoRAs, models and datasets that no spec could give", () => {
  expect(unsafeName("lora", { name: "../../x" } as never)).toBe("../../x");
  expect(unsafeName("model", { name: "" } as never)).toBe("");
  expect(unsafeName("dataset", { name: "dogs 2" } as never)).toBeNull();
  expect(unsafeName("grid", {} as never)).toBeNull();
});
