import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { chromiumPath, expectAccessible } from "../support/browser.ts";
import { startMill } from "../support/mill.ts";
import { finished, smallSpec } from "../support/runs.ts";
import { openStudio } from "../support/studio.ts";

const { mill, browser, pictures, datasetOnly } = openStudio();

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

describe.skipIf(chromiumPath === null)("runs and keys in a browser", () => {
  test("a first visit says what to do, and a run appears by itself", async () => {
    const { page, expectClean } = await browser.page();
    await page.goto(mill.client.url);
    await page.getByRole("heading", { name: "No runs yet" }).waitFor();
    await expect.poll(() => page.title()).toBe("Runs · Loramill");
    await expectAccessible(page);
    const { id } = await mill.client.createRun(datasetOnly("from-elsewhere"));
    await page.getByRole("link", { name: "from-elsewhere" }).waitFor();
    await finished(mill.client, id);
    await page.getByRole("table", { name: "Runs" }).getByText("succeeded").waitFor();
    expectClean(mill.client.url);
    await page.close();
  });

  test("a spec is checked field by field, priced, started, and followed to its pictures", async () => {
    const { page, expectClean } = await browser.page();
    await page.goto(`${mill.client.url}/runs/new?from=spec`);
    const spec = smallSpec(pictures, {
      name: "in-a-browser",
      train: { recipe: { steps: 12, batchSize: 4, saveEverySteps: 6, rank: 4, seed: 7 } },
      generate: { prompts: ["a photo of zorb"], seeds: [1], strengths: [1], steps: 6 },
    });
    const text = page.getByLabel("YAML or JSON");
    await text.fill(JSON.stringify({ ...spec, train: { recipe: { rank: 4_000 } } }));
    await page.getByRole("button", { name: "Show plan and price" }).click();
    await page.getByRole("alert").getByText("train.recipe.rank").waitFor();
    await text.fill(JSON.stringify(spec));
    await page.getByRole("button", { name: "Show plan and price" }).click();
    await page.getByRole("table", { name: "Price by step" }).getByText("generate").waitFor();
    await page.getByRole("button", { name: "Start run" }).click();
    await page.getByRole("heading", { name: "in-a-browser", level: 1 }).waitFor();

    await page.getByRole("button", { name: /^train: succeeded/ }).waitFor();
    await page.getByRole("button", { name: /^train: / }).click();
    await page.getByRole("img", { name: "Loss of train over its steps" }).waitFor();
    const picture = page.getByRole("tabpanel").getByRole("img").first();
    await picture.waitFor();
    await expect
      .poll(() => picture.evaluate((image: { naturalWidth: number }) => image.naturalWidth))
      .toBeGreaterThan(0);
    await expectAccessible(page);
    for (const [tab, told] of [
      ["Events", "run.succeeded"],
      ["Jobs", "succeeded"],
      ["Costs", "train"],
      ["Why", "not reused because"],
      ["Plan", "train-lora"],
      ["Files", "in-a-browser.safetensors"],
    ] as const) {
      await page.getByRole("tab", { name: tab }).click();
      await page.getByRole("tabpanel").getByText(told).filter({ visible: true }).first().waitFor();
    }
    expect(new URL(page.url()).searchParams.get("tab")).toBe("files");
    expectClean(mill.client.url);
    await page.close();
  });

  test("pictures of this device are sent, and nothing starts before the price is seen", async () => {
    const { page, expectClean } = await browser.page();
    await page.goto(`${mill.client.url}/runs/new`);
    await page.getByRole("button", { name: "On this device" }).click();
    const files = ["zorb-01.png", "zorb-01.txt", "zorb-02.png"].map((name) => join(pictures, name));
    await page.getByLabel("Choose files").setInputFiles(files);
    await page.getByText("3 files").waitFor();
    await page.getByLabel("Trigger word").fill("zorb");
    await page.getByRole("button", { name: "Show plan and price" }).click();
    await page.getByRole("button", { name: "Start run" }).waitFor();
    await expectAccessible(page);
    await page.getByRole("button", { name: "Edit as a spec" }).click();
    await expect
      .poll(() => page.getByLabel("YAML or JSON").inputValue())
      .toMatch(/type: upload\n\s+listing: [0-9a-f]{64}/);
    expectClean(mill.client.url);
    await page.close();
  });

  test("a run is cancelled after a question, and resumed with another budget", async () => {
    const { page, expectClean } = await browser.page();
    const train = { recipe: { steps: 5_000, batchSize: 4, saveEverySteps: 10, rank: 4, seed: 5 } };
    const { generate: _, ...spec } = smallSpec(pictures, { name: "long", train });
    const { id } = await mill.client.createRun(spec);
    await page.goto(`${mill.client.url}/runs/${id}`);
    await page.getByRole("button", { name: /^train: running/ }).waitFor();
    await page.getByRole("button", { name: "Cancel" }).click();
    const question = page.getByRole("dialog", { name: "Cancel long?" });
    await question.getByRole("button", { name: "Not now" }).click();
    await question.waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Cancel" }).click();
    await question.getByRole("button", { name: "Cancel run" }).click();
    await page.getByRole("button", { name: "Resume" }).click();
    const resume = page.getByRole("dialog", { name: "Resume long" });
    await resume.getByLabel("New budget in US dollars").fill("3");
    await resume.getByRole("button", { name: "Resume" }).click();
    await page.getByText("of $3.00").waitFor();
    await page.getByRole("button", { name: /^train: running/ }).waitFor();
    await mill.client.cancelRun(id);
    await page.getByRole("button", { name: "Resume" }).waitFor();
    expectClean(mill.client.url);
    await page.close();
  });

  test("a narrow window has its pages behind a button, and the switch of light and dark is kept", async () => {
    const { page, expectClean } = await browser.page({ viewport: { width: 400, height: 800 }, colorScheme: "light" });
    await page.goto(`${mill.client.url}/health`);
    const link = page.getByRole("navigation").getByRole("link", { name: "Runs" });
    expect(await link.isVisible()).toBe(false);
    await page.getByRole("button", { name: "Menu" }).click();
    await page.getByRole("button", { name: "Switch to dark" }).click();
    await link.click();
    await page.getByRole("heading", { name: "Runs", level: 1 }).waitFor();
    await page.reload();
    await page.getByRole("heading", { name: "Runs", level: 1 }).waitFor();
    expect(await page.locator("html").getAttribute("data-theme")).toBe("dark");
    expect(await page.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
    expectClean(mill.client.url);
    await page.close();
  });

  test("where keys are required one is asked for, tried, and told of when it may not do something", async () => {
    const env = { API_AUTH: "required", API_STUDIO_DIR: "" };
    const locked = await startMill({ dataDir: mill.at("locked"), env });
    try {
      const { url } = locked.client;
      const { key, id } = await locked.client.createKey({ project: "theirs", name: "reader", scopes: ["read"] });
      const { page } = await browser.page();
      await page.goto(`${url}/runs/new?from=spec`);
      await page.getByLabel("API key").fill("lm_wrong");
      await page.getByRole("button", { name: "Sign in" }).click();
      await page.getByRole("alert").getByText("unknown, revoked or expired").waitFor();
      await page.getByLabel("API key").fill(key);
      await page.getByRole("button", { name: "Sign in" }).click();
      await page.getByLabel("YAML or JSON").fill(JSON.stringify({ ...datasetOnly("not-mine"), project: "theirs" }));
      await page.getByRole("button", { name: "Show plan and price" }).click();
      await page.getByRole("button", { name: "Start run" }).click();
      await page.getByRole("alert").getByText('lacks the scope "write"').waitFor();
      expect(page.url()).not.toContain(key);
      await locked.client.revokeKey(id);
      await page.goto(`${url}/runs`);
      await page.getByRole("heading", { name: "Sign in to Loramill" }).waitFor();
      await page.close();
    } finally {
      await locked.stop();
    }
  });
});
