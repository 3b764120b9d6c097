import { expect, it } from "vitest";
import { childText, element, parseXml, xmlDocument } from "./xml.ts";

it("reads back what it wrote, whatever characters a key has", () => {
  const key = "a<b>&\"c'\r 图🦊";
  const root = parseXml(
    xmlDocument(element("Delete", [element("Object", [element("Key", key)]), element("Quiet", true)])),
  );
  expect(root?.name).toBe("Delete");
  expect(childText(root?.children[0] ?? { name: "", children: [], text: "" }, "Key")).toBe(key);
  expect(root && childText(root, "Quiet")).toBe("true");
});

it("understands attributes, empty elements, comments and numeric entities", () => {
  const root = parseXml('<?xml version="1.0"?><!-- x --><A xmlns="http://s3"><B/><C>&#x41;&#66;</C></A>');
  expect(root?.children.map(({ name, text }) => [name, text])).toEqual([
    ["B", ""],
    ["C", "AB"],
  ]);
});

it.each(["", "text", "<A>", "<A></B>", "<A></A><B></B>", "<A", "</A>"])("refuses %j", (text) => {
  expect(parseXml(text)).toBeNull();
});
