import { createElement } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { expect, test } from "vitest";
import type { Pages } from "../api/use-pages.ts";
import { PagedTable } from "./table.tsx";

const pages: Pages<string> = {
  items: [],
  error: null,
  isPending: false,
  hasNextPage: false,
  isFetchNextPageError: false,
  isFetchingMore: false,
  more: () => undefined,
};

const shown = (part: Partial<Pages<string>>): string =>
  renderToStaticMarkup(
    createElement(PagedTable<string>, {
      label: "Words",
      pages: { ...pages, ...part },
      columns: [
        { name: "Word", main: true, cell: (word) => word },
        { name: "", cell: () => "x" },
      ],
      rowKey: (word) => word,
      empty: "there are none",
    }),
  );

test("a list that is on its way, has failed or has nothing in it says so", () => {
  expect(shown({ isPending: true })).toContain('aria-label="Loading"');
  expect(shown({ error: new Error("lost") })).toMatch(/role="alert".*lost/);
  expect(shown({})).toBe("there are none");
});

test("what came stays when what follows does not come, and that is told", () => {
  const failed = { items: ["zorb"], hasNextPage: true, error: new Error("lost"), isFetchNextPageError: true };
  expect(shown(failed)).toMatch(/zorb.*lost.*Show more/);
  expect(shown({ items: ["zorb"], error: new Error("lost") })).not.toContain("lost");
});

test("a row has its header, and a column without a name none", () => {
  const [head, body] = shown({ items: ["zorb"] }).split("<tbody>");
  expect(head).toMatch(/<th scope="col"[^>]*>Word<\/th><td><\/td>/);
  expect(body).toMatch(/<th scope="row"[^>]*>zorb<\/th><td>x<\/td>/);
});
