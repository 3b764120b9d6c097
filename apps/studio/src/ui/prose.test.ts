import { createElement } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { expect, test } from "vitest";
import { Prose } from "./prose.tsx";

test("what stands between backticks is code", () => {
  const shown = (text: string) => renderToStaticMarkup(createElement(Prose, { text }));
  expect(shown("such as `attention`; `[]` takes all")).toBe(
    "such as <code>attention</code>; <code>[]</code> takes all",
  );
  expect(shown("plain")).toBe("plain");
});
