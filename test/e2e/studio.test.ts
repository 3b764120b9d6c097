import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { drawSamplePictures } from "../../scripts/sample-pictures.ts";
import { chromiumPath, expectAccessible, openBrowser } from "../support/browser.ts";
import { startMill } from "../support/mill.ts";
import { openMill } from "../support/open-mill.ts";
import { eventually, finished, smallSpec } from "../support/runs.ts";

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
    expect(await page.getByLabel("YAML or JSON").inputValue()).toMatch(/type: upload\n\s+listing: [0-9a-f]{64}/);
    expectClean(mill.client.url);
    await page.close();
  });

  test("pictures are drawn as was recommended and edited, lie in a labelled grid, and are rated by a key", async () => {
    const { page, expectClean } = await browser.page();
    await page.goto(`${mill.client.url}/generate`);
    await page.getByRole("button", { name: "Assisted" }).click();
    await page.getByLabel("Prompt", { exact: true }).fill("a photo of zorb on a hill");
    await page.getByRole("button", { name: "Recommend" }).click();
    const strength = page.getByLabel("Strength of in-a-browser@1, as a number");
    await strength.fill("1.1");
    await page.getByLabel("Steps", { exact: true }).fill("4");
    await page.getByText("Vary", { exact: true }).click();
    await page.getByLabel("Seeds").fill("1, 2");
    await page.getByLabel("Strengths").fill("0, 1");
    await page.getByText("4 files").waitFor();
    await expectAccessible(page);
    await page.getByRole("button", { name: "Generate" }).click();
    const grid = page.getByRole("table", { name: "Results" });
    await grid.getByRole("button").nth(3).waitFor();
    expect(await grid.getByRole("columnheader").allInnerTexts()).toEqual(["no LoRA", "strength 1"]);
    expect(await grid.getByRole("rowheader").allInnerTexts()).toEqual(["seed 1", "seed 2"]);
    await grid.getByRole("button").last().click();
    await page.getByRole("dialog").getByText("keys 1 to 5").waitFor();
    await page.keyboard.press("5");
    await page.getByRole("dialog").getByText("kept, by local").waitFor();
    const [newest] = (await mill.client.generations.list({ limit: 1 })).items;
    expect(newest).toMatchObject({ seed: 2, steps: 4, loras: [{ name: "in-a-browser", strength: 1 }] });
    expect(newest?.stars).toEqual({ mean: 5, people: 1 });

    await page.getByRole("dialog").getByRole("link", { name: "Its page" }).click();
    await page.getByRole("heading", { name: "How it was made" }).waitFor();
    await expectAccessible(page);
    await page.getByRole("button", { name: "Again with these settings" }).click();
    await page.getByText("1 file").waitFor();
    expect(await page.getByLabel("Seeds").inputValue()).toBe("2");
    expect(await page.getByLabel("Steps", { exact: true }).inputValue()).toBe("4");
    await page.getByText("in-a-browser@1", { exact: true }).waitFor();
    expectClean(mill.client.url);
    await page.close();
  });

  test("clips say what goes in and which backend is missing, before anything starts", async () => {
    const { page, expectClean } = await browser.page();
    await page.goto(`${mill.client.url}/video?kind=text-to-video`);
    await page.getByText("No backend that makes text-to-video is available").waitFor();
    await page.getByLabel("What is made").selectOption("restyle-clip");
    await page.getByText("Choose the clip that goes in.").waitFor();
    expect(await page.getByRole("button", { name: "Make clip" }).isDisabled()).toBe(true);
    await expectAccessible(page);
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

  test("a dataset is looked through by keys, captioned in place and in bulk, and what was left out is kept after all", async () => {
    const { page, expectClean } = await browser.page();
    await page.goto(`${mill.client.url}/datasets/new`);
    await page.getByRole("button", { name: "On the mill's machine" }).click();
    await page.getByLabel("Folder, archive or video").fill(pictures);
    await page.getByLabel("Name").fill("zorbs");
    await page.getByLabel("Resolution").fill("64");
    await expectAccessible(page);
    await page.getByRole("button", { name: "Make the dataset" }).click();
    await page.getByRole("heading", { name: "zorbs", level: 1 }).waitFor();
    await page.getByText("succeeded").first().waitFor();
    await page.getByRole("navigation").getByRole("link", { name: "Datasets" }).click();
    await page.getByRole("table", { name: "Datasets" }).getByRole("link", { name: "zorbs" }).click();

    const grid = page.getByRole("list", { name: "Pictures" });
    await grid.getByRole("button", { name: "zorb-02.png" }).focus();
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("Enter");
    const large = page.getByRole("dialog", { name: "zorb-01.png" });
    await large.getByText("the same file as zorb-01.png").waitFor();
    await expectAccessible(page);
    await page.keyboard.press("Enter");
    await page.getByLabel("Caption", { exact: true }).fill("a zorb by hand");
    await page.keyboard.press("Enter");
    await page.getByText("Caption kept as a new version").waitFor();
    await large.getByText(/^\d+ captions? so far$/).click();
    await large.getByText("by hand ·").waitFor();
    await page.keyboard.press("Escape");
    await grid.getByRole("button", { name: "zorb-03.png" }).focus();
    await page.keyboard.press("x");
    await page.getByRole("button", { name: "Drop" }).click();
    await page.getByText("version 3", { exact: true }).waitFor();

    await page.getByRole("button", { name: "Change all captions" }).click();
    await page.getByLabel("Words").fill("sks");
    const changes = page.getByRole("list", { name: "Captions that change" });
    await changes.getByText("sks, a zorb by hand").waitFor();
    await page.getByRole("button", { name: /^Change \d+$/ }).click();
    await page.getByText("version 4", { exact: true }).waitFor();
    const newest = await mill.client.datasets.images("zorbs");
    expect(newest.items[0]).toMatchObject({ path: "zorb-01.png", caption: "sks, a zorb by hand" });
    expect(newest.items.some(({ path }) => path === "zorb-03.png")).toBe(false);

    await page.getByRole("tab", { name: "Versions" }).click();
    await page.getByRole("button", { name: "What changed" }).first().click();
    await page.getByRole("dialog").getByText("sks, a zorb by hand").waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("tab", { name: "Left out" }).click();
    await page.getByRole("checkbox", { name: /blurred\.png/ }).check({ force: true });
    await expectAccessible(page);
    await page.getByRole("button", { name: "Keep 1 after all" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Start the run" }).click();
    await page.waitForURL(/\/runs\/run_/);
    await page.getByText("succeeded").first().waitFor();
    await eventually(
      "the blurred picture is in the newest version",
      () => mill.client.datasets.images("zorbs"),
      ({ items }) => items.some(({ path }) => path === "blurred.png"),
    );
    expectClean(mill.client.url);
    await page.close();
  });

  test("fleet, queues, costs and health say how things are, and a ceiling is set and removed", async () => {
    const { page, expectClean } = await browser.page();
    await page.goto(`${mill.client.url}/fleet`);
    await page.getByRole("heading", { name: "No machines are rented" }).waitFor();
    await page.getByRole("navigation").getByRole("link", { name: "Queues" }).click();
    await page.getByRole("table", { name: "Queues" }).getByText("provision").waitFor();
    await page.getByRole("navigation").getByRole("link", { name: "Costs" }).click();
    await page.getByRole("table", { name: "Costs" }).getByRole("link", { name: "in-a-browser" }).waitFor();
    await page.getByRole("button", { name: "Set a ceiling" }).click();
    await page.getByLabel("Limit in US dollars").fill("12.5");
    await page.getByRole("button", { name: "Set ceiling", exact: true }).click();
    await page.getByText("of $12.50").waitFor();
    expect((await mill.client.ceilings.list()).items).toMatchObject([{ period: "day", limitMicroUsd: 12_500_000 }]);
    await page.getByRole("button", { name: "Remove the ceiling of Account, a day" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Remove", exact: true }).click();
    await page.getByText("Nothing limits what is spent").waitFor();
    await expectAccessible(page);
    await page.getByRole("navigation").getByRole("link", { name: "Health" }).click();
    await page.getByRole("table", { name: "Parts" }).getByText("database").waitFor();
    await expectAccessible(page);
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

describe.skipIf(chromiumPath === null)("trainings and LoRAs in a browser", () => {
  test("a training is set up field by field, priced, started, and leads to its LoRA", async () => {
    const { page, expectClean } = await browser.page();
    await page.goto(`${mill.client.url}/training/new`);
    await page.getByRole("button", { name: "A folder of the mill" }).click();
    await page.getByLabel("Folder", { exact: true }).fill(pictures);
    await page.getByLabel("Trigger word", { exact: true }).fill("wug");
    await page.getByLabel("Name", { exact: true }).fill("shelf");
    await page.getByLabel("rank", { exact: true }).fill("4000");
    await page.getByLabel("steps", { exact: true }).fill("10");
    await page.getByLabel("batchSize", { exact: true }).fill("2");
    await page.getByRole("button", { name: "Show plan and price" }).click();
    await page.getByRole("alert").getByText("train.recipe.rank").waitFor();
    await page.getByLabel("rank", { exact: true }).fill("4");
    await page.getByText("is above the rank 4").waitFor();
    await page.getByLabel("alpha", { exact: true }).fill("4");
    await page.getByText("2 changed").first().waitFor();
    await expectAccessible(page);
    await page.getByRole("button", { name: "Show plan and price" }).click();
    await page.getByRole("button", { name: "Start run" }).click();
    await page.getByRole("heading", { name: "shelf", level: 1 }).waitFor();

    await page.getByRole("navigation").getByRole("link", { name: "Training" }).click();
    await page.getByRole("table", { name: "Trainings" }).getByRole("link", { name: "shelf", exact: true }).click();
    await page.getByRole("img", { name: "Loss of train over its steps" }).waitFor();
    await page.getByRole("tab", { name: "Recipe" }).click();
    await page
      .getByRole("table", { name: "Recipe: network" })
      .getByText("Inner dimension of the LoRA matrices")
      .waitFor();
    await page.getByRole("link", { name: "Its LoRA" }).click();
    await page.getByRole("heading", { name: "shelf", level: 1 }).waitFor();
    await page.getByRole("tab", { name: "Doctor" }).click();
    await page.getByText(/Will load (\d+) of \1 keys on pocket/).waitFor();
    await page.getByRole("tab", { name: "Lineage" }).click();
    await page.getByRole("region", { name: "Lineage" }).getByText("training on pocket").waitFor();
    await expectAccessible(page);
    expectClean(mill.client.url);
    await page.close();
  });

  test("a LoRA is rated, tagged, saved, imported again, made smaller, deleted and restored", async () => {
    const { page, expectClean } = await browser.page();
    await page.goto(`${mill.client.url}/loras/shelf`);
    await page.getByRole("button", { name: "4 stars" }).click();
    await page.getByText("4.0 of 1").waitFor();
    await page.getByRole("button", { name: "Edit words" }).click();
    await page.getByLabel("Tags").fill("Toy, ink");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("link", { name: "#ink" }).waitFor();
    const download = page.waitForEvent("download");
    await page.getByRole("button", { name: "Download" }).click();
    const file = mill.at("shelf.safetensors");
    expect((await download).suggestedFilename()).toBe("shelf-v1.safetensors");
    await (await download).saveAs(file);

    await page.goto(`${mill.client.url}/loras`);
    await page.getByRole("button", { name: "Import" }).click();
    const dialog = page.getByRole("dialog", { name: "Import a LoRA" });
    await dialog.locator("input[type=file]").setInputFiles(file);
    await dialog.getByRole("button", { name: "Import" }).click();
    await page
      .getByRole("dialog", { name: "shelf was in the library already" })
      .getByRole("button", { name: "Open it" })
      .click();

    await page.getByRole("link", { name: "Merge, resize, convert" }).click();
    await page.getByRole("button", { name: "Resize" }).click();
    await page.getByLabel("Rank", { exact: true }).fill("2");
    await page.getByRole("button", { name: "Show plan and price" }).click();
    await page.getByRole("button", { name: "Start run" }).click();
    await page.getByRole("tab", { name: "Files" }).click();
    await page.getByRole("tabpanel").getByText("resize-shelf.safetensors").first().waitFor();
    await page.goto(`${mill.client.url}/loras/resize-shelf?tab=lineage`);
    await page.getByRole("region", { name: "Lineage" }).getByRole("link", { name: "shelf v1" }).waitFor();

    await page.getByRole("button", { name: "Delete" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
    const library = page.getByRole("list", { name: "LoRAs" });
    await library.getByRole("link", { name: "shelf", exact: true }).waitFor();
    expect(await library.getByText("resize-shelf").count()).toBe(0);
    await page.getByLabel("Deleted or not").selectOption("true");
    await page.getByRole("button", { name: "Restore" }).click();
    await page.getByText("Nothing was deleted").waitFor();
    expect((await mill.client.loras.get("resize-shelf")).rank).toBe(2);
    await page.goto(`${mill.client.url}/loras?tag=toy&view=table`);
    await page.getByRole("table", { name: "LoRAs" }).getByRole("link", { name: "shelf", exact: true }).waitFor();
    await expectAccessible(page);
    expectClean(mill.client.url);
    await page.close();
  });

  test("a file that is no LoRA is refused where it was given", async () => {
    const { page } = await browser.page();
    await page.goto(`${mill.client.url}/loras`);
    await page.getByRole("button", { name: "Import" }).click();
    const dialog = page.getByRole("dialog", { name: "Import a LoRA" });
    const body = { name: "broken.safetensors", mimeType: "application/octet-stream", buffer: Buffer.from("no LoRA") };
    await dialog.locator("input[type=file]").setInputFiles(body);
    await dialog.getByRole("button", { name: "Import" }).click();
    await dialog.getByRole("alert").waitFor();
    await page.close();
  });
});
