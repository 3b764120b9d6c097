import { beforeAll, describe, expect, test } from "vitest";
import { drawSamplePictures } from "../../scripts/sample-pictures.ts";
import { chromiumPath, openBrowser } from "../support/browser.ts";
import { openMill } from "../support/open-mill.ts";
import { eventually, finished } from "../support/runs.ts";

const mill = openMill({ API_STUDIO_DIR: "" });
const browser = openBrowser();
const pictures = mill.at("pictures");

beforeAll(async () => {
  await drawSamplePictures(pictures);
  const { url } = mill.client;
  await eventually(
    "the Studio is built",
    () => fetch(url),
    ({ status }) => status === 200,
  );
});

const datasetOnly = (name: string) => ({
  name,
  dataset: { sources: [{ type: "folder" as const, path: pictures }], prepare: { resolution: 64 } },
});

describe("what is served", () => {
  const page = { headers: { accept: "text/html" } };

  test("the document at / and at the address of every page, with a strict policy and never from a cache", async () => {
    for (const path of ["/", "/runs", "/runs/run_1?tab=plan"]) {
      const answer = await fetch(`${mill.client.url}${path}`, page);
      expect(answer.status, path).toBe(200);
      expect(await answer.text()).toContain('<div id="studio">');
      expect(answer.headers.get("content-security-policy")).toContain("script-src 'self';");
      expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
      expect(answer.headers.get("cache-control")).toBe("no-cache");
    }
  });

  test("its files may be cached for ever, and come compressed", async () => {
    const document = await (await fetch(mill.client.url)).text();
    const [, script = ""] = document.match(/src="(\/assets\/[^"]+\.js)"/) ?? [];
    const answer = await fetch(`${mill.client.url}${script}`);
    expect(answer.headers.get("cache-control")).toContain("immutable");
    expect(answer.headers.get("content-encoding")).toBe("gzip");
    const again = await fetch(`${mill.client.url}${script}`, {
      headers: { "if-none-match": answer.headers.get("etag") ?? "" },
    });
    expect(again.status).toBe(304);
  });

  test("what is not a page stays a problem, and nothing outside of the Studio can be had", async () => {
    for (const path of ["/v1/nothing", "/v1", "/assets/none.js", "/package.json", "/assets/..%2f..%2fpackage.json"]) {
      const answer = await fetch(`${mill.client.url}${path}`, page);
      expect(answer.status, path).toBe(404);
      expect(answer.headers.get("content-type")).toContain("problem+json");
    }
    expect((await fetch(`${mill.client.url}/runs`)).status).toBe(404);
  });
});

describe.skipIf(chromiumPath === null)("in a browser", () => {
  test("a first visit says what to do, and a run appears by itself", async () => {
    const { page, expectClean } = await browser.page();
    await page.goto(mill.client.url);
    await page.getByRole("heading", { name: "No runs yet" }).waitFor();
    expect(await page.title()).toBe("Runs · Loramill");
    const { id } = await mill.client.createRun(datasetOnly("from-elsewhere"));
    await page.getByRole("link", { name: "from-elsewhere" }).waitFor();
    await finished(mill.client, id);
    await page.getByRole("table", { name: "Runs" }).getByText("succeeded").waitFor();
    expectClean(mill.client.url);
    await page.close();
  });
});
