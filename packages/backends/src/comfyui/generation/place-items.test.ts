import { sha256Hex } from "@loramill/contracts";
import { describe, expect, it } from "vitest";
import { placeItems, type Slots } from "./place-items.ts";
import type { Load } from "./plan-item.ts";

const load = (base: string, loras = ""): Load => ({ base: sha256Hex(base), loras: sha256Hex(`${base}/${loras}`) });
const item = (name: string, base: string, loras?: string) => ({ name, load: load(base, loras) });
const slot = (server: string, over: Partial<Slots> = {}): Slots => ({
  server,
  free: 2,
  isIdle: true,
  loaded: null,
  ...over,
});
const place = (...args: Parameters<typeof placeItems<ReturnType<typeof item>>>) =>
  placeItems(...args).map(({ item: { name }, server, isLoaded }) => `${name} ${server}${isLoaded ? " loaded" : ""}`);
const all = () => true;

describe("placeItems", () => {
  it("gives every server something to do before any of them a second prompt", () => {
    const items = ["1", "2", "3"].map((name) => item(name, "sdxl"));
    expect(place(items, [slot("a"), slot("b")], all)).toEqual(["1 a", "2 b", "3 a loaded"]);
    expect(place(items.slice(0, 2), [slot("a"), slot("b")], all)).toEqual(["1 a", "2 b"]);
  });

  it("takes what a server has loaded first, then what has the same base model", () => {
    const items = [item("1", "flux"), item("2", "sdxl", "x"), item("3", "sdxl", "y")];
    const loaded = load("sdxl", "y");
    expect(place(items, [slot("a", { loaded })], all)).toEqual(["3 a loaded", "2 a"]);
    expect(place(items, [slot("a", { loaded, free: 1 }), slot("b", { free: 1 })], all)).toEqual(["3 a loaded", "1 b"]);
  });

  it("passes a server by that would read a model which another with room for all has", () => {
    const items = [item("1", "sdxl")];
    const warm = slot("a", { loaded: load("sdxl"), isIdle: false, free: 1 });
    expect(place(items, [warm, slot("b")], all)).toEqual(["1 a loaded"]);
    expect(place([...items, item("2", "sdxl")], [warm, slot("b")], all)).toEqual(["1 b", "2 a loaded"]);
  });

  it("gives nothing to servers that are full or cannot make it", () => {
    const can = (server: string) => server === "b";
    expect(place([item("1", "sdxl")], [slot("a"), slot("b", { free: 0 })], can)).toEqual([]);
    expect(place([item("1", "sdxl")], [slot("a"), slot("b")], can)).toEqual(["1 b"]);
  });
});
