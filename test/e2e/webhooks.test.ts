import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { join, resolve } from "node:path";
import { checkWebhookSignature } from "@loramill/contracts";
import { startWebhookReceiver, type WebhookReceiver, waitUntil } from "@loramill/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { drawSamplePictures } from "../../scripts/sample-pictures.ts";
import { createCli } from "../support/cli.ts";
import { type MillProcess, makeDataDir, startMill } from "../support/mill.ts";
import { processEnv } from "../support/process-env.ts";

const env = {
  ...{ WEBHOOK_ALLOW_HTTP: "true", WEBHOOK_ALLOW_PRIVATE_NETWORK: "true" },
  WEBHOOK_SECRET_KEYS: randomBytes(32).toString("base64"),
};
const folder = makeDataDir();
const dataDir = join(folder.path, "data");
const pictures = join(folder.path, "toys");
const loramill = createCli({ cwd: folder.path, env: { DATA_DIR: dataDir } });
let mill: MillProcess;
let receiver: WebhookReceiver;
let listener: ChildProcess | undefined;

beforeAll(async () => {
  receiver = await startWebhookReceiver();
  mill = await startMill({ dataDir, env });
  await drawSamplePictures(pictures);
});
afterAll(async () => {
  listener?.kill("SIGKILL");
  await mill.stop();
  await receiver.close();
  folder.remove();
});

async function answer(...args: string[]) {
  const { code, out, err } = await loramill("--json", "webhook", ...args);
  expect({ code, err: code === 0 ? "" : err }).toEqual({ code: 0, err: "" });
  return JSON.parse(out);
}
const typesAt = (path: string) =>
  receiver.received.filter((one) => one.path === path).map(({ body }) => JSON.parse(body).type);

test("a run is told to a receiver as it goes, signed, and what fails to arrive can be sent again", async () => {
  const url = `${receiver.url}/runs`;
  const { id, secret } = await answer(
    "add",
    url,
    "--event",
    "run.started",
    "--event",
    "dataset.made",
    "--event",
    "run.succeeded",
  );
  const { code } = await loramill("dataset", "import", pictures, "--name", "toys", "--resolution", "64");
  expect(code).toBe(0);
  await waitUntil("all of it is told", () => typesAt("/runs").length >= 3);
  expect(typesAt("/runs")).toEqual(["run.started", "dataset.made", "run.succeeded"]);
  for (const { headers, body } of receiver.received) checkWebhookSignature([secret], { headers, body });
  const { data } = JSON.parse(receiver.received[1]?.body ?? "");
  const dataset = await fetch(`${mill.client.url}${data.links.dataset}`);
  expect(await dataset.json(), "its links lead somewhere").toMatchObject({ name: "toys", digest: data.dataset.digest });

  receiver.misbehave("/runs", { kind: "status", status: 500 });
  const refused = await loramill("webhook", "test", id.slice(-12));
  expect([refused.code, refused.out]).toEqual([1, expect.stringContaining("it answered 500")]);
  const [{ message }] = await answer("deliveries", url, "--limit", "1");
  await answer("redeliver", url, message);
  await waitUntil("it arrives", async () => (await mill.client.webhooks.delivery(id, message)).state === "delivered");
  expect(new Set(receiver.received.slice(3).map(({ headers }) => headers["webhook-id"]))).toEqual(new Set([message]));
  expect(mill.output(), "nor is it in any log").not.toContain(secret.slice(6));
});

test("a listener on this machine prints what it is told, and leaves no webhook behind", async () => {
  const main = resolve(import.meta.dirname, "../../apps/cli/src/main.ts");
  const child = spawn(process.execPath, [main, "--json", "webhook", "listen", "--project", "quiet"], {
    env: { ...processEnv(), DATA_DIR: dataDir },
  });
  listener = child;
  let out = "";
  child.stdout.on("data", (text) => {
    out += String(text);
  });
  const { webhooks } = mill.client;
  const { id } = await waitUntil("it listens", async () => (await webhooks.list({ project: "quiet" })).items[0]);
  await webhooks.test(id);
  const line = await waitUntil("it says so", () => out.includes("\n") && out.split("\n")[0]);
  expect(JSON.parse(line)).toMatchObject({
    type: "webhook.test",
    project: "quiet",
    data: { webhook: { id } },
  });
  const ended = new Promise((done) => child.once("exit", done));
  child.kill("SIGINT");
  expect(await ended).toBe(0);
  expect(await webhooks.list({ project: "quiet" })).toEqual({ items: [] });
});
