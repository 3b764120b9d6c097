import { setImmediate as turn } from "node:timers/promises";
import { PermanentError, UserError } from "@loramill/contracts";
import { describe, expect, it } from "vitest";
import type { HostEvent, ProcessHost } from "./host.ts";
import { type ProcessContext, runProcess, untilAborted } from "./run-process.ts";

/** A process that records what would happen to it. */
function fakeHost() {
  const listeners = new Map<HostEvent, (value: unknown) => void>();
  const seen = { exits: [] as number[], exitCode: undefined as number | undefined, printed: [] as string[] };
  const host: ProcessHost = {
    folder: "/nowhere",
    on: (event, listener) => void listeners.set(event, listener),
    off: (event) => void listeners.delete(event),
    exit: (code) => void seen.exits.push(code),
    setExitCode: (code) => {
      seen.exitCode = code;
    },
    print: (line) => void seen.printed.push(line),
  };
  const send = (event: HostEvent, value?: unknown): void => listeners.get(event)?.(value);
  return { host, seen, send, listening: () => listeners.size };
}

type Context = ProcessContext<Record<never, never>>;
const quiet = { LOG_LEVEL: "silent", SHUTDOWN_SECONDS: "2" };

function start(over: {
  open?: (context: Context) => Promise<void>;
  run?: (context: Context) => Promise<void>;
  env?: Record<string, string>;
}) {
  const fake = fakeHost();
  const steps: string[] = [];
  const ended = runProcess({
    name: "test",
    config: {},
    env: over.env ?? quiet,
    host: fake.host,
    open: async (context) => {
      for (const part of ["first", "second"]) {
        context.opened(part, part, async () => {
          await turn();
          steps.push(`close ${part}`);
        });
      }
      await over.open?.(context);
    },
    run: async (_, context) => {
      steps.push("run");
      await (over.run ?? ((own: Context) => untilAborted(own.signal)))(context);
      steps.push("ran");
    },
  });
  return { ...fake, steps, ended };
}

describe("runProcess", () => {
  it("runs, closes in the opposite order of opening, and ends by itself with 0", async () => {
    const { ended, steps, seen, listening } = start({ run: () => turn() as Promise<void> });
    expect(await ended).toBe(0);
    expect(steps).toEqual(["run", "ran", "close second", "close first"]);
    expect(seen).toMatchObject({ exits: [], exitCode: 0 });
    expect(listening()).toBe(0);
  });

  it("lets the work end on the first signal, with the reason `drained`", async () => {
    let reason: unknown;
    const run = async ({ signal }: Context) => {
      await untilAborted(signal);
      reason = signal.reason;
    };
    const { ended, steps, send, seen } = start({ run });
    await turn();
    send("SIGTERM");
    expect(await ended).toBe(0);
    expect(reason).toMatchObject({ code: "drained", errorClass: "transient" });
    expect(steps).toEqual(["run", "ran", "close second", "close first"]);
    expect(seen.exits).toEqual([]);
  });

  it("exits at once on the second signal, with the code of that signal", async () => {
    const { ended, send, seen } = start({});
    await turn();
    send("SIGINT");
    send("SIGINT");
    expect(seen.exits).toEqual([130]);
    await ended;
  });

  it("does not run when it was stopped while it opened", async () => {
    const gate = Promise.withResolvers<void>();
    const { ended, steps, send } = start({ open: () => gate.promise });
    send("SIGTERM");
    gate.resolve();
    expect(await ended).toBe(0);
    expect(steps).toEqual(["close second", "close first"]);
  });

  it("leaves work behind that does not end in time, and says so by its exit code", async () => {
    const { ended, steps, send, seen } = start({ run: () => new Promise(() => {}) });
    await turn();
    send("SIGTERM");
    expect(await ended).toBe(1);
    expect(steps).toEqual(["run", "close second", "close first"]);
    expect(seen.exits).toEqual([1]);
  });

  it("goes on closing when one part hangs or fails, and exits with 1", async () => {
    const open = async ({ opened }: Context) => {
      opened("hanging", null, () => new Promise<void>(() => {}));
      opened("failing", null, () => Promise.reject(new Error("stuck")));
    };
    const { ended, steps, send, seen } = start({ open });
    await turn();
    send("SIGTERM");
    expect(await ended).toBe(1);
    expect(steps.slice(-2)).toEqual(["close second", "close first"]);
    expect(seen.exits).toEqual([1]);
  });

  it("closes what is open when opening fails, and tells a refusal from a failure", async () => {
    const refused = start({ open: () => Promise.reject(new UserError("no such bucket", { code: "bucket-missing" })) });
    expect(await refused.ended).toBe(2);
    expect(refused.seen.printed).toEqual(["test: no such bucket"]);
    expect(refused.steps).toEqual(["close second", "close first"]);
    const failed = start({ run: () => Promise.reject(new PermanentError("broken", { code: "broken" })) });
    expect(await failed.ended).toBe(1);
    expect(failed.steps).toEqual(["run", "close second", "close first"]);
  });

  it("stops on an error that nobody caught, closing what is open, and does not go on afterwards", async () => {
    for (const event of ["uncaughtException", "unhandledRejection"] as const) {
      const { ended, steps, send, seen } = start({});
      await turn();
      send(event, new Error("boom"));
      expect(await ended).toBe(1);
      expect(steps).toContain("close first");
      expect(seen.exits).toEqual([1]);
    }
  });

  it("refuses a wrong configuration before anything is opened", async () => {
    const { ended, steps, seen } = start({ env: { LOG_LEVEL: "loud", SHUTDOWN_SECONDS: "never" } });
    expect(await ended).toBe(2);
    expect(steps).toEqual([]);
    expect(seen.printed.join()).toMatch(/LOG_LEVEL.*\n.*SHUTDOWN_SECONDS/);
  });
});
