import { describe, expect, test } from "vitest";
import { chromiumPath, expectAccessible } from "../support/browser.ts";
import { eventually } from "../support/runs.ts";
import { openStudio } from "../support/studio.ts";

const { mill, browser, pictures } = openStudio();

describe.skipIf(chromiumPath === null)("schedules and batches in a browser", () => {
  test("one is made of an earlier run, fired, paused with a reason, changed, backfilled and deleted", async () => {
    const { page, expectClean } = await browser.page({ timezoneId: "UTC" });
    const sources = [{ type: "folder" as const, path: pictures }];
    const { id } = await mill.client.createRun({ name: "zorbs", dataset: { sources, prepare: { resolution: 64 } } });
    await page.goto(`${mill.client.url}/schedules`);
    await page.getByRole("heading", { name: "No schedules yet" }).waitFor();
    await page.getByRole("link", { name: "New schedule" }).first().click();
    await page.getByLabel("Name", { exact: true }).fill("nightly");
    await page.getByLabel("Cron expression").fill("30 2 * * MON-FRI");
    await page.getByLabel("Time zone").fill("Asia/Tokyo");
    const times = page.getByRole("region", { name: "Next times" });
    await times.getByText("At 02:30, Monday to Friday").waitFor();
    await times.getByText("02:30 GMT+9").nth(4).waitFor();
    await page.getByLabel("As an earlier run").selectOption(id);
    const spec = () => page.getByLabel("Spec of each run").inputValue();
    await eventually("the spec of the run is there", spec, (text) => text.includes(`path: ${pictures}`));
    await page.getByRole("radio", { name: "queue" }).check();
    await page.getByLabel("Budget of a month, US dollars").fill("50");
    await page.getByRole("button", { name: "Price of one run" }).click();
    await page.getByRole("table", { name: "Price by step" }).waitFor();
    await expectAccessible(page);
    await page.getByRole("button", { name: "Make schedule" }).click();

    await page.getByRole("heading", { name: "nightly", level: 1 }).waitFor();
    expect(await mill.client.schedules.get("nightly")).toMatchObject({
      timing: { type: "cron", expression: "30 2 * * MON-FRI", timeZone: "Asia/Tokyo" },
      ...{ overlap: "queue", monthlyBudgetUsd: 50, run: { name: "zorbs", dataset: { sources } } },
    });
    await page.getByRole("button", { name: "Fire now: nightly" }).click();
    const fires = page.getByRole("table", { name: "Fires" });
    await fires.getByRole("link", { name: /^zorbs \d{4}-/ }).waitFor();
    await page.getByRole("button", { name: "Pause: nightly" }).click();
    const question = page.getByRole("dialog", { name: "Pause nightly?" });
    await question.getByLabel("Reason").fill("new pictures come on Monday");
    await question.getByRole("button", { name: "Pause" }).click();
    await page.getByRole("note").getByText("new pictures come on Monday").waitFor();
    await page.getByRole("button", { name: "Resume: nightly" }).click();
    await page.getByRole("button", { name: "Pause: nightly" }).waitFor();
    await expectAccessible(page);

    await page.getByRole("link", { name: "Change" }).click();
    await page.getByRole("button", { name: "Every so often" }).click();
    await page.getByLabel("Every", { exact: true }).fill("12");
    await page.getByRole("button", { name: "Save changes" }).click();
    await page.getByText("Every 12 h").waitFor();
    await page.getByRole("button", { name: "Backfill" }).click();
    const backfill = page.getByRole("dialog", { name: "Backfill nightly" });
    // In this order nothing is asked in between, however slow the machine is.
    await backfill.getByLabel("Before").fill("2024-02-02T00:00");
    await backfill.getByLabel("From").fill("2024-02-01T00:00");
    await backfill.getByText("2 fires would be made").waitFor();
    await backfill.getByRole("button", { name: "Make 2 fires" }).click();
    await fires.getByText("backfill").nth(1).waitFor();
    expectClean(mill.client.url);

    await page.getByRole("button", { name: "Delete" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Delete schedule" }).click();
    await page.getByRole("heading", { name: "No schedules yet" }).waitFor();
    expect((await mill.client.schedules.list()).items).toEqual([]);
    await page.close();
  });

  test("what is wrong is told at its field: at once by the API, at its line in the spec, and when a name is taken", async () => {
    const { page } = await browser.page();
    const timing = { type: "every", minutes: 525_600 } as const;
    await mill.client.schedules.create({ name: "taken", run: { name: "a", generate: { prompts: ["a"] } }, timing });
    await page.goto(`${mill.client.url}/schedules/new`);
    const alerts = page.getByRole("alert");
    await page.getByLabel("Cron expression").fill("0 25 * * *");
    await alerts.getByText('The cron expression "0 25 * * *" is wrong').waitFor();
    await page.getByLabel("Cron expression").fill("0 2 * * *");
    await page.getByLabel("Name", { exact: true }).fill("taken");
    const spec = page.getByLabel("Spec of each run");
    await spec.fill("name: dog\ngenerate: { prompts: [a dog], steps: 4000 }\n");
    await page.getByRole("button", { name: "Make schedule" }).click();
    await alerts.getByText("generate.steps", { exact: true }).waitFor();
    await alerts.getByText("(line 2)").waitFor();
    await spec.fill("name: dog\ngenerate: { prompts: [a dog], steps: 4 }\n");
    await page.getByRole("button", { name: "Make schedule" }).click();
    await alerts.getByText('There is a schedule "taken" already').waitFor();
    await page.close();
  });

  test("a batch is seen by the states of its runs, which are changed at once as they were shown, and is cancelled", async () => {
    const { page, expectClean } = await browser.page();
    const { id } = await mill.client.batches.create({
      ...{ kind: "batch", name: "subjects", rows: [{ folder: pictures }, { folder: mill.at("nowhere") }] },
      run: {
        dataset: { sources: [{ type: "folder", path: "${row.folder}" }], prepare: { resolution: 64 } },
        train: { recipe: { steps: 5_000, batchSize: 4, rank: 4, seed: 5 } },
      },
    });
    await page.goto(`${mill.client.url}/batches`);
    await page.getByRole("link", { name: "subjects" }).click();
    await page.getByRole("img", { name: "Runs of subjects: 1 running, 1 refused" }).waitFor();
    await page.getByRole("table", { name: "Failures" }).getByText("source-missing").waitFor();
    await expectAccessible(page);
    const runs = page.getByRole("table", { name: "Runs of the batch" });
    await page.getByLabel("State", { exact: true }).selectOption("running");
    await runs.getByText("refused").waitFor({ state: "detached" });
    const run = (await mill.client.batches.members(id)).items[0]?.run?.id ?? "";

    await page.getByRole("button", { name: "Change many" }).click();
    const change = page.getByRole("dialog", { name: "Change many runs" });
    await change.getByRole("button", { name: "Priority" }).click();
    await change.getByLabel("New priority").fill("2");
    await change.getByRole("button", { name: "Show what would change" }).click();
    await change.getByRole("table", { name: "Runs that would change" }).getByRole("link").waitFor();
    expect((await mill.client.getRun(run)).priority).toBe(5);
    await change.getByRole("button", { name: "Change the priority of 1 run" }).click();
    await change.getByText("1 run has its new priority").waitFor();
    expect((await mill.client.getRun(run)).priority).toBe(2);
    await change.getByRole("button", { name: "Close" }).last().click();

    await page.getByRole("button", { name: "Cancel" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Cancel batch" }).click();
    await page.getByRole("img", { name: "Runs of subjects: 1 refused, 1 cancelled" }).waitFor();
    await page.getByRole("button", { name: "Resume" }).waitFor();
    expectClean(mill.client.url);
    await page.close();
  });
});
