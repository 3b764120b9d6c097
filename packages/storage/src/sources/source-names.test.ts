import fc from "fast-check";
import { expect, it } from "vitest";
import { refuse } from "./source-entry.ts";
import { cleanName, isJunk } from "./source-names.ts";

it("never gives a name that leads out of its root, whatever an archive says", () => {
  const piece = fc.constantFrom("..", ".", "", "/", "\\", "C:", "a", "b.jpg", "\0", "%2e%2e", "…", "~");
  fc.assert(
    fc.property(
      fc.oneof(
        fc.array(piece).map((pieces) => pieces.join("/")),
        fc.string({ unit: "binary" }),
      ),
      (name) => {
        const clean = cleanName(name);
        if ("problem" in clean) return;
        expect(clean.path).not.toMatch(/^\/|^[a-z]:|\\|\0/i);
        expect(clean.path.split("/").some((segment) => segment === "" || segment === "." || segment === "..")).toBe(
          false,
        );
        expect(clean.path.length).toBeLessThanOrEqual(1024);
      },
    ),
  );
});

it("keeps good names as they are", () => {
  for (const name of ["a.jpg", "dogs/ünï 图.png", "a..b", "...", "at 10:30.jpg"])
    expect(cleanName(name)).toEqual({ path: name });
  expect(cleanName("./a//b/./c.jpg")).toEqual({ path: "a/b/c.jpg" });
  expect(cleanName(`${"x".repeat(1025)}`)).toMatchObject({ code: "name-too-long" });
});

it("knows hidden files and junk at any depth", () => {
  for (const path of [".a", "x/.git/y", "__MACOSX/a", "a/THUMBS.DB", "desktop.ini", "@eaDir/a", "Icon\r"])
    expect(isJunk(path), path).toBe(true);
  for (const path of ["a.b", "x/y.jpg", "icon", "thumbs.db.jpg"]) expect(isJunk(path), path).toBe(false);
});

it("shows a refused name without control characters and in full length only when short", () => {
  expect(refuse("a\u001b[31m\n.jpg", "x", "y").path).toBe("a\\x1b[31m\\x0a.jpg");
  expect(refuse("x".repeat(5000), "x", "y".repeat(5000))).toMatchObject({
    path: "x".repeat(500),
    message: "y".repeat(1000),
  });
  expect(refuse("", "x", "y").path).toBe("(no name)");
});
