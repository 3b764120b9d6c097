import { beforeAll, describe, expect, test } from "vitest";
import { chromiumPath, expectAccessible } from "../support/browser.ts";
import { finished, smallSpec } from "../support/runs.ts";
import { openStudio } from "../support/studio.ts";

const { mill, browser, pictures } = openStudio();

beforeAll(async () => {
  const train = { recipe: { steps: 12, batchSize: 4, saveEverySteps: 6, rank: 4, seed: 7 } };
  const { generate: _, ...spec } = smallSpec(pictures, { name: "clay", train });
  const { id } = await mill.client.createRun(spec);
  expect((await finished(mill.client, id)).state).toBe("succeeded");
});

describe.skipIf(chromiumPath === null)("trainings, LoRAs and what they draw in a browser", () => {
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

  test("pictures are drawn as was recommended and edited, lie in a labelled grid, and are rated by a key", async () => {
    const { page, expectClean } = await browser.page();
    await page.goto(`${mill.client.url}/generate`);
    await page.getByRole("button", { name: "Assisted" }).click();
    await page.getByLabel("Prompt", { exact: true }).fill("a photo of zorb on a hill");
    await page.getByRole("button", { name: "Recommend" }).click();
    const strength = page.getByLabel("Strength of clay@1, as a number");
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
    expect(newest).toMatchObject({ seed: 2, steps: 4, loras: [{ name: "clay", strength: 1 }] });
    expect(newest?.stars).toEqual({ mean: 5, people: 1 });

    await page.getByRole("dialog").getByRole("link", { name: "Its page" }).click();
    await page.getByRole("heading", { name: "How it was made" }).waitFor();
    await expectAccessible(page);
    await page.getByRole("button", { name: "Again with these settings" }).click();
    await page.getByText("1 file").waitFor();
    await expect.poll(() => page.getByLabel("Seeds").inputValue()).toBe("2");
    await expect.poll(() => page.getByLabel("Steps", { exact: true }).inputValue()).toBe("4");
    await page.getByText("clay@1", { exact: true }).waitFor();
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

  test("a LoRA is rated, tagged, saved, imported again, made smaller, deleted and restored", async () => {
    const { page, expectClean } = await browser.page();
    await page.goto(`${mill.client.url}/loras/clay`);
    await page.getByRole("button", { name: "4 stars" }).click();
    await page.getByText("4.0 of 1").waitFor();
    await page.getByRole("button", { name: "Edit words" }).click();
    await page.getByLabel("Tags").fill("Toy, ink");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("link", { name: "#ink" }).waitFor();
    const download = page.waitForEvent("download");
    await page.getByRole("button", { name: "Download" }).click();
    const file = mill.at("clay.safetensors");
    expect((await download).suggestedFilename()).toBe("clay-v1.safetensors");
    await (await download).saveAs(file);

    await page.goto(`${mill.client.url}/loras`);
    await page.getByRole("button", { name: "Import" }).click();
    const dialog = page.getByRole("dialog", { name: "Import a LoRA" });
    await dialog.locator("input[type=file]").setInputFiles(file);
    await dialog.getByRole("button", { name: "Import" }).click();
    await page
      .getByRole("dialog", { name: "clay was in the library already" })
      .getByRole("button", { name: "Open it" })
      .click();

    await page.getByRole("link", { name: "Merge, resize, convert" }).click();
    await page.getByRole("button", { name: "Resize" }).click();
    await page.getByLabel("Rank", { exact: true }).fill("2");
    await page.getByRole("button", { name: "Show plan and price" }).click();
    await page.getByRole("button", { name: "Start run" }).click();
    await page.getByRole("tab", { name: "Files" }).click();
    await page.getByRole("tabpanel").getByText("resize-clay.safetensors").first().waitFor();
    await page.goto(`${mill.client.url}/loras/resize-clay?tab=lineage`);
    await page.getByRole("region", { name: "Lineage" }).getByRole("link", { name: "clay v1" }).waitFor();

    await page.getByRole("button", { name: "Delete" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
    const library = page.getByRole("list", { name: "LoRAs" });
    await library.getByRole("link", { name: "clay", exact: true }).waitFor();
    expect(await library.getByText("resize-clay").count()).toBe(0);
    await page.getByLabel("Deleted or not").selectOption("true");
    await page.getByRole("button", { name: "Restore" }).click();
    await page.getByText("Nothing was deleted").waitFor();
    expect((await mill.client.loras.get("resize-clay")).rank).toBe(2);
    await page.goto(`${mill.client.url}/loras?tag=toy&view=table`);
    await page.getByRole("table", { name: "LoRAs" }).getByRole("link", { name: "clay", exact: true }).waitFor();
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
