import { describe, expect, it } from "vitest";
import { listWebPrefix } from "./web-prefix.ts";

const base = "https://example.org/pics/";

async function list(pages: Readonly<Record<string, string>>, maxFiles = 100) {
  const asked: string[] = [];
  const files = await listWebPrefix(
    base,
    async (url) => {
      asked.push(url);
      return pages[url] ?? "";
    },
    maxFiles,
  );
  return { asked, files: files.map((url) => url.slice(base.length)) };
}

describe("listWebPrefix", () => {
  it("reads the pages of nginx and Apache, folders below included, each once", async () => {
    const nginx = `<h1>Index of /pics/</h1><pre><a href="../">../</a>
      <a href="dogs/">dogs/</a> 20-Nov-2026 -
      <a href="b%20c.jpg">b c.jpg</a> <a href="a.jpg">a.jpg</a></pre>`;
    const apache = `<table><tr><th><a href="?C=N;O=D">Name</a></th></tr>
      <tr><td><a href='/pics/'>Parent Directory</a><td><A class="x" HREF='1.jpg'>1.jpg</A>
      <a href=2.txt>2.txt</a> <a href="x&amp;y.jpg">x</a> <a href="#top">top</a></table>`;
    const { asked, files } = await list({ [base]: nginx, [`${base}dogs/`]: apache });
    expect(files).toEqual(["a.jpg", "b%20c.jpg", "dogs/1.jpg", "dogs/2.txt", "dogs/x&y.jpg"]);
    expect(asked).toEqual([base, `${base}dogs/`]);
  });

  it("never leaves the prefix", async () => {
    const page = `<a href="https://elsewhere.org/pics/1.jpg">1</a> <a href="../private/2.jpg">2</a>
      <a href="//elsewhere.org/3.jpg">3</a> <a href="javascript:alert(1)">4</a> <a href="5.jpg">5</a>`;
    expect((await list({ [base]: page })).files).toEqual(["5.jpg"]);
  });

  it("says what is wrong with a page without files, and with too many", async () => {
    await expect(list({ [base]: "<p>Welcome</p>" })).rejects.toMatchObject({ code: "no-files" });
    const many = Array.from({ length: 11 }, (_, at) => `<a href="${at}.jpg">${at}</a>`).join("");
    await expect(list({ [base]: many }, 10)).rejects.toMatchObject({ code: "too-many-files" });
  });
});
