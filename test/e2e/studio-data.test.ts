import { describe, expect, test } from "vitest";
import { chromiumPath, expectAccessible } from "../support/browser.ts";
import { eventually, finished, smallSpec } from "../support/runs.ts";
import { openStudio } from "../support/studio.ts";

const { mill, browser, pictures } = openStudio();

describe.skipIf(chromiumPath === null)("datasets and operations in a browser", () => {
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
    await grid.getByRole("button", { name: "zorb-02.png" }).press("ArrowLeft");
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
    await large.waitFor({ state: "detached" });
    await grid.getByRole("button", { name: "zorb-03.png" }).press("x");
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
    const train = { recipe: { steps: 4, batchSize: 2, saveEverySteps: 4, rank: 2 } };
    const { generate: _, ...charged } = smallSpec(pictures, { name: "charged", train });
    const { id } = await mill.client.createRun(charged);
    expect((await finished(mill.client, id)).state).toBe("succeeded");
    await page.goto(`${mill.client.url}/fleet`);
    await page.getByRole("heading", { name: "No machines are rented" }).waitFor();
    await page.getByRole("navigation").getByRole("link", { name: "Queues" }).click();
    await page.getByRole("table", { name: "Queues" }).getByText("provision").waitFor();
    await page.getByRole("navigation").getByRole("link", { name: "Costs" }).click();
    await page.getByRole("table", { name: "Costs" }).getByRole("link", { name: "charged" }).waitFor();
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
});
