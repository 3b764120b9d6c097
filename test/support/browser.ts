import { existsSync } from "node:fs";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";

const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** The browser of this machine; null where it has none, which is said in one line. Tests never download one. */
export const chromiumPath: string | null = PLACES.find((path) => existsSync(path)) ?? null;
if (chromiumPath === null) {
  console.warn(
    "SKIPPED: the Studio is not opened in a browser, because no Chromium is installed (apt-get install chromium)",
  );
}

/** How long a page may take to show something; what a run of the tests makes is among it. */
const PATIENCE_MS = 180_000;

export interface OpenBrowser {
  /** A fresh page, with nothing kept from others. */
  page(options?: Parameters<Browser["newPage"]>[0]): Promise<WatchedPage>;
}

export interface WatchedPage {
  readonly page: Page;
  /** Fails where the page logged an error, threw, or asked another host than that of `url` for anything. */
  expectClean(url: string): void;
}

/** One browser for all tests of a file. */
export function openBrowser(): OpenBrowser {
  let browser: Browser | undefined;
  beforeAll(async () => {
    if (chromiumPath === null) return;
    // Chromium refuses its sandbox to root, which tests in containers are.
    browser = await chromium.launch({
      executablePath: chromiumPath,
      args: ["--no-sandbox", "--disable-dev-shm-usage"],
    });
  });
  afterAll(async () => {
    await browser?.close();
  });
  return {
    async page(options) {
      if (browser === undefined) throw new Error("the browser is started in a hook, where there is one");
      const page = await browser.newPage(options);
      page.setDefaultTimeout(PATIENCE_MS);
      return watch(page);
    },
  };
}

/**
 * Fails where something that can be used has no name, a picture no description, or the page no single heading, main part and
 * language: what a screen reader needs at least. A page that is still filling is looked at again.
 */
export async function expectAccessible(page: Page): Promise<void> {
  expect(await page.locator("html").getAttribute("lang")).toBe("en");
  await expect.poll(() => page.getByRole("main").count()).toBe(1);
  await expect.poll(() => page.getByRole("heading", { level: 1 }).count()).toBe(1);
  for (const role of ["button", "link", "textbox", "combobox", "spinbutton", "tab", "img", "table"] as const) {
    const nameless = async () =>
      (await page.getByRole(role).count()) - (await page.getByRole(role, { name: /\S/ }).count());
    await expect.poll(nameless, { message: `every ${role} has a name` }).toBe(0);
  }
}

function watch(page: Page): WatchedPage {
  const errors: string[] = [];
  const asked = new Set<string>();
  page.on("console", (message) => {
    if (message.type() === "error") errors.push(message.text());
  });
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("request", (request) => {
    const { protocol, origin } = new URL(request.url());
    if (protocol.startsWith("http")) asked.add(origin);
  });
  return {
    page,
    expectClean(url) {
      expect(errors).toEqual([]);
      expect([...asked]).toEqual([new URL(url).origin]);
    },
  };
}
