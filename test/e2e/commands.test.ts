import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { CaptionPart } from "@loramill/contracts";
import { startFakeVisionServer } from "@loramill/testkit";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { drawSamplePictures } from "../../scripts/sample-pictures.ts";
import { makeDataDir, startMill } from "../support/mill.ts";
import { processEnv } from "../support/process-env.ts";
import { eventually } from "../support/runs.ts";
import { writeZip } from "../support/zip.ts";

const MAIN = resolve(import.meta.dirname, "../../apps/cli/src/main.ts");
const data = makeDataDir();
const pictures = join(data.path, "pictures");
/** Commands under way, and their ends. */
const started = new Map<ChildProcess, Promise<unknown>>();

beforeAll(() => drawSamplePictures(pictures));
afterAll(async () => {
  for (const child of started.keys()) child.kill("SIGTERM");
  await Promise.all(started.values());
  data.remove();
});

type Env = Readonly<Record<string, string>>;
const inFolder = (name: string, env: Env = {}): Env => ({ DATA_DIR: join(data.path, name), API_PORT: "0", ...env });

/** A command under way, in a process group of its own as a terminal gives it. */
function begin(args: readonly string[], env: Env) {
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd: data.path,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...processEnv(), ...env },
  });
  const said = { out: "", err: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    said.out += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said.err += text;
  });
  const ended = new Promise<{ code: number | null; out: string; err: string }>((done) =>
    child.once("close", (code) => {
      started.delete(child);
      done({ code, ...said });
    }),
  );
  started.set(child, ended);
  return {
    ended,
    /** Ctrl-C: the signal goes to the whole group. */
    interrupt: () => process.kill(-(child.pid as number), "SIGINT"),
    /** Waits until it is said; fails as soon as the command ends without. */
    async says(text: string) {
      const heard = eventually(
        `"${text}" is said`,
        async () => ({ all: said.out + said.err, over: !started.has(child) }),
        ({ all, over }) => over || all.includes(text),
      );
      expect((await heard).all).toContain(text);
    },
  };
}

const loramill = (args: readonly string[], env: Env) => begin(args, env).ended;

const millFile = (env: Env) => join(env.DATA_DIR as string, "mill.json");
const noMill = (env: Env) =>
  eventually(
    "the mill is gone",
    async () => existsSync(millFile(env)),
    (there) => !there,
  );

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

const training = (steps: number) => ["--trigger", "zorb", "--steps", `${steps}`, "--rank", "4", "--images", "1"];

describe("doctor", () => {
  const doctor = async (env: Env, ...args: string[]) => {
    const { code, out, err } = await loramill(["doctor", "--json", ...args], env);
    expect(err).toBe("");
    const checks: { name: string; status: string; message: string; advice: string }[] = JSON.parse(out).checks;
    return { code, find: (name: string) => checks.find((check) => check.name.startsWith(name)), checks };
  };

  test("finds nothing wrong where nothing is configured, and leaves no mill behind", async () => {
    const env = inFolder("doctor");
    const words = await loramill(["doctor"], env);
    expect(words).toMatchObject({ code: 0, err: "" });
    expect(words.out).toMatch(/^ok +database: the embedded Postgres/m);
    expect(words.out).toMatch(/^off +ComfyUI/m);
    expect(words.out).toContain("Everything that is set works.");
    const { code, checks } = await doctor(env);
    expect(code).toBe(0);
    expect(checks.filter(({ status }) => status === "error" || status === "warning")).toEqual([]);
    expect(existsSync(millFile(env))).toBe(false);
  });

  test("names what was set and does not answer, says what to do, and exits with 1", async () => {
    const env = inFolder("doctor", { COMFYUI_API_URL: "http://127.0.0.1:1", LLAVA_API_URL: "http://127.0.0.1:1/v1" });
    const { code, find } = await doctor(env);
    expect(code).toBe(1);
    expect(find("ComfyUI")).toMatchObject({ status: "error", advice: expect.stringContaining("COMFYUI_API_URL") });
    expect(find("captioner openai")).toMatchObject({ status: "error" });
    expect(find("database")).toMatchObject({ status: "ok" });
  });

  test("sees a vision endpoint that answers", async () => {
    const server = await startFakeVisionServer();
    onTestFinished(() => server.close());
    const { code, find } = await doctor(inFolder("doctor", { LLAVA_API_URL: server.url }));
    expect(code).toBe(0);
    expect(find("captioner openai")).toMatchObject({ status: "ok" });
  });

  test("looks at one part only when asked, and says which there are", async () => {
    const one = await doctor(inFolder("doctor"), "database");
    expect(one).toMatchObject({ code: 0, checks: [{ name: "database", status: "ok" }] });
    const unknown = await loramill(["doctor", "engine"], inFolder("doctor"));
    expect(unknown).toMatchObject({ code: 2, err: expect.stringContaining("dispatcher") });
  });

  test("takes a mill that cannot start for a finding, in the mill's own words", async () => {
    const dead = await doctor(inFolder("dead", { DATABASE_URL: "postgres://a:hidden@127.0.0.1:1/x" }));
    expect(dead.code).toBe(1);
    expect(dead.find("mill")?.message).toMatch(/Postgres at 127\.0\.0\.1:1\/x is out of reach(?!.*hidden)/);
    const wrong = inFolder("dead", { QUEUE_CONCURRENCY: "many" });
    expect((await doctor(wrong)).find("mill")?.message).toContain("QUEUE_CONCURRENCY");
    expect(await loramill(["runs"], wrong)).toMatchObject({
      code: 2,
      err: expect.stringContaining("QUEUE_CONCURRENCY"),
    });
  });
});

describe("up", () => {
  test("says where it is, is not started twice, and Ctrl-C ends it with 0 and nothing left", async () => {
    const env = inFolder("up");
    const up = begin(["up"], env);
    await up.says("Loramill is at http://127.0.0.1:");
    const { url, pid } = JSON.parse(readFileSync(millFile(env), "utf8"));
    expect((await fetch(`${url}/livez`)).status).toBe(200);
    expect(await loramill(["up"], env)).toMatchObject({ code: 2, err: expect.stringContaining(`process ${pid}`) });
    expect(await loramill(["runs"], env)).toMatchObject({ code: 0, out: expect.stringContaining("no runs yet") });
    const taken = inFolder("up-elsewhere", { API_PORT: new URL(url).port });
    expect(await loramill(["up"], taken)).toMatchObject({ code: 2, err: expect.stringContaining("API_PORT") });
    up.interrupt();
    const { code, err } = await up.ended;
    expect(code).toBe(0);
    expect(err).not.toContain('"level":"error"');
    expect(isAlive(pid)).toBe(false);
    expect(existsSync(millFile(env))).toBe(false);
  });
});

test("every spec of examples/ is planned", async () => {
  const examples = join(data.path, "examples");
  cpSync(resolve(import.meta.dirname, "../../examples"), examples, { recursive: true });
  for (const folder of ["pictures", "subjects/zorb"]) {
    cpSync(pictures, join(data.path, "demo-output", folder), { recursive: true });
  }
  const env = inFolder("examples");
  const mill = await startMill({ dataDir: env.DATA_DIR as string });
  onTestFinished(async () => void (await mill.stop()));
  const specs = readdirSync(examples).filter((name) => /\.ya?ml$/.test(name));
  expect(specs).not.toEqual([]);
  for (const spec of specs) {
    const isBatch = readFileSync(join(examples, spec), "utf8").includes("kind: batch");
    const plan = isBatch ? ["batch", "plan", "--json"] : ["plan"];
    const { code, out, err } = await loramill([...plan, join("examples", spec)], env);
    expect(code, `${spec}: ${err}`).toBe(0);
    expect(JSON.parse(out), spec).toMatchObject(isBatch ? [{ name: "zorb" }] : { format: "loramill-plan/1" });
  }
});

describe("Ctrl-C", () => {
  /** So that a cancel reaches a training of seconds in its midst. */
  const quick = { QUEUE_HEARTBEAT_SECONDS: "0.2" };

  test("while the mill starts ends the command, and the mill with it", async () => {
    const env = inFolder("early");
    const command = begin(["run", pictures, ...training(20)], env);
    await eventually(
      "the mill is starting",
      async () => existsSync(join(env.DATA_DIR as string, "logs", "mill.log")),
      (there) => there,
    );
    command.interrupt();
    expect(await command.ended).toMatchObject({ code: 130, err: expect.stringContaining("interrupted") });
    expect(existsSync(millFile(env))).toBe(false);
  });

  test("cancels the run and waits for it; resume goes on with it to the end and saves what it made", async () => {
    const env = inFolder("cancelled", quick);
    const command = begin(["run", pictures, ...training(30)], env);
    await command.says("▶ train");
    command.interrupt();
    const { code, out } = await command.ended;
    expect(code).toBe(130);
    expect(out).toContain("cancelling");
    expect(out).toMatch(/pictures \(run_[0-9a-f]{32}\): cancelled/);
    expect(existsSync(millFile(env))).toBe(false);
    const resumed = await loramill(["resume", "last", "--output", "resumed"], env);
    expect(resumed.code).toBe(0);
    expect(resumed.out).toContain("succeeded");
    expect(readdirSync(join(data.path, "resumed", "images")).length).toBeGreaterThan(0);
    expect(existsSync(join(env.DATA_DIR as string, "lora_models", "pictures.safetensors"))).toBe(true);
    const curve = join(data.path, "resumed", "training", "pictures");
    expect(readFileSync(join(curve, "loss.csv"), "utf8").trim().split("\r\n").at(-1)).toMatch(/^30,[\d.]+,[\d.]+$/);
    expect(readdirSync(curve).some((name) => name.includes("tfevents"))).toBe(true);
    const said = await loramill(["logs", "last", "--trainer"], env);
    expect(said).toMatchObject({ code: 0, out: expect.stringContaining("step 30/30, average loss") });
    expect(existsSync(millFile(env))).toBe(false);
    const again = await loramill(["resume", "last"], env);
    expect(again).toMatchObject({ code: 2, err: expect.stringContaining("cannot be resumed") });
  });

  test("twice leaves the run to itself; cancel and resume reach it in a mill that was left", async () => {
    const env = inFolder("left", { ...quick, MILL_IDLE_EXIT_SECONDS: "2" });
    const command = begin(["run", pictures, ...training(30)], env);
    await command.says("▶ train");
    // A mill that stands still cannot end the run between the first and the second.
    const { pid } = JSON.parse(readFileSync(millFile(env), "utf8"));
    process.kill(pid, "SIGSTOP");
    onTestFinished(() => void (isAlive(pid) && process.kill(pid, "SIGCONT")));
    command.interrupt();
    await command.says("cancelling");
    command.interrupt();
    await command.says("left to itself");
    process.kill(pid, "SIGCONT");
    const left = await command.ended;
    expect(left.code).toBe(0);
    expect(left.out).toContain("left to itself");
    await noMill(env);

    const detached = await loramill(["run", pictures, ...training(40), "--detach"], env);
    expect(detached.code).toBe(0);
    const watch = begin(["watch", "last"], env);
    await watch.says("▶ train");
    watch.interrupt();
    expect(await watch.ended).toMatchObject({ code: 0, out: expect.stringContaining("left to itself") });
    const cancel = await loramill(["cancel", "last"], env);
    expect(cancel).toMatchObject({ code: 0, out: expect.stringContaining("is cancelled") });
    const twice = await loramill(["--json", "cancel", "last"], env);
    expect(JSON.parse(twice.out)).toMatchObject({ state: "cancelled" });
    const resumed = await loramill(["--json", "resume", "last"], env);
    expect(resumed.code).toBe(0);
    expect(JSON.parse(resumed.out).run.state).toBe("succeeded");
    await noMill(env);
  });
});

test("a mill that is killed under its command is told, and watching starts it again and brings the run to its end", async () => {
  const env = inFolder("killed");
  const command = begin(["run", pictures, ...training(20)], env);
  await command.says("▶ train");
  process.kill(JSON.parse(readFileSync(millFile(env), "utf8")).pid, "SIGKILL");
  expect(await command.ended).toMatchObject({ code: 3, err: expect.stringContaining("`loramill watch last`") });
  expect(await loramill(["watch", "last"], env)).toMatchObject({ code: 0, out: expect.stringMatching(/✔ generate/) });
  await noMill(env);
});

describe("an archive given to an API elsewhere", () => {
  test("is uploaded, unpacked, and keeps its captions, as zip and as tar.gz", async () => {
    const mill = await startMill({ dataDir: join(data.path, "elsewhere") });
    onTestFinished(async () => void (await mill.stop()));
    const env = inFolder("here", { LORAMILL_URL: mill.client.url });
    const names = ["zorb-01.png", "zorb-01.txt", "zorb-02.png", "zorb-03.png"];
    const inside = names.map((name) => ({ name: `in/${name}`, bytes: readFileSync(join(pictures, name)) }));
    writeZip(join(data.path, "packed.zip"), inside);
    const tar = spawnSync("tar", ["-czf", "packed.tar.gz", "-C", pictures, ...names], { cwd: data.path });
    expect(tar.status).toBe(0);
    const source = "  sources:\n    - type: archive\n      path: packed.tar.gz\n";
    writeFileSync(
      join(data.path, "packed.yaml"),
      `name: packed\ndataset:\n${source}  prepare:\n    resolution: 64\ncaption: {}\n`,
    );
    const commands = { zip: ["packed.zip", "--no-generate", "--steps", "10", "--rank", "4"], tar: ["packed.yaml"] };
    for (const [kind, command] of Object.entries(commands)) {
      const folder = join(data.path, `from-${kind}`);
      const { code, out } = await loramill(["run", ...command, "--output", folder], env);
      expect(code, out).toBe(0);
      expect(out).toContain(join(folder, "dataset-report.html"));
      expect(readFileSync(join(folder, "dataset-report.html"), "utf8")).toContain("zorb-02.png");
      const { captions } = CaptionPart.parse(JSON.parse(readFileSync(join(folder, "captions-0000.json"), "utf8")));
      expect(captions).toHaveLength(3);
      const own = readFileSync(join(pictures, "zorb-01.txt"), "utf8").trim();
      expect(captions.find(({ path }) => path.endsWith("zorb-01.png"))?.text).toContain(own);
    }
    expect(existsSync(join(env.DATA_DIR as string, "lora_models", "packed.safetensors"))).toBe(true);
    expect(existsSync(millFile(env)), "no mill was started here").toBe(false);
  });

  test("what a run made can be saved later, on another machine", async () => {
    const mill = await startMill({ dataDir: join(data.path, "elsewhere") });
    onTestFinished(async () => void (await mill.stop()));
    const env = inFolder("here", { LORAMILL_URL: mill.client.url });
    const { code, out } = await loramill(["save", "last", "--output", "saved", "--save-dataset"], env);
    expect(code).toBe(0);
    const folder = join(env.DATA_DIR as string, "datasets", "packed");
    expect(out).toContain(folder);
    expect(readdirSync(folder).sort()).toEqual(
      ["zorb-01", "zorb-02", "zorb-03"].flatMap((name) => [`${name}.png`, `${name}.txt`]),
    );
  });
});
