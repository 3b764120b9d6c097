import { type Clock, redact, TransientError, toErrorRecord, UserError } from "@loramill/contracts";
import { createLogger, type ProcessLogger, telemetryConfig } from "@loramill/telemetry";
import { withDataFolders } from "../config/data-config.ts";
import { type Environment, readEnvironment } from "../config/environment.ts";
import type { ConfigOf, Fragments } from "../config/fragments.ts";
import { parseConfig } from "../config/parse-config.ts";
import { EXIT, type ProcessHost, type StopSignal, thisProcess } from "./host.ts";
import { createOpenings, type Openings, within } from "./openings.ts";
import { processConfig } from "./process-config.ts";

/** What a process works with from its first line to its last. */
export interface ProcessContext<F extends Fragments> {
  readonly config: ConfigOf<F>;
  readonly log: ProcessLogger;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Aborts when the process is asked to stop, with a TransientError `drained` as reason. */
  readonly signal: AbortSignal;
  /** Registers what is to be closed in the end; the latest is closed first. */
  readonly opened: Openings["add"];
}

export interface ProcessOptions<F extends Fragments, Opened> {
  /** In log lines and messages. */
  readonly name: string;
  readonly config: F;
  /** The environment of the process; `.env.local` and `.env` of the working folder lie under it. */
  readonly env: Environment;
  /** Opens what the process needs, registering each close with `context.opened`. */
  readonly open: (context: ProcessContext<F>) => Promise<Opened>;
  /** Works until it is done or `context.signal` aborts. */
  readonly run: (opened: Opened, context: ProcessContext<F>) => Promise<void>;
  readonly host?: ProcessHost;
}

/**
 * The life of a process: parse, open, run, close in the opposite order. The first SIGINT or SIGTERM aborts the signal and
 * lets the work end in order, within SHUTDOWN_SECONDS; the second one exits at once. An uncaught error closes what is
 * open and exits with 1. Answers the exit code: 0 done or stopped, 1 failed, 2 refused (a UserError such as a wrong
 * configuration). Nothing here keeps the process alive or kills it: when all is closed, it ends by itself.
 */
export async function runProcess<const F extends Fragments, Opened>(
  options: ProcessOptions<F, Opened>,
): Promise<number> {
  const host = options.host ?? thisProcess();
  const code = await live(options, host);
  host.setExitCode(code);
  return code;
}

async function live<F extends Fragments, Opened>(
  options: ProcessOptions<F, Opened>,
  host: ProcessHost,
): Promise<number> {
  const { name } = options;
  let settings: ConfigOf<{ telemetry: typeof telemetryConfig; process: typeof processConfig }>;
  let config: ConfigOf<F>;
  try {
    const env = withDataFolders(readEnvironment({ env: options.env, folder: host.folder }));
    const whole = { ...options.config, telemetry: telemetryConfig, process: processConfig };
    config = settings = parseConfig(whole, env) as typeof settings & ConfigOf<F>;
  } catch (error) {
    host.print(`${name}: ${error instanceof UserError ? error.message : redact(String(error))}`);
    return EXIT.refused;
  }

  const log = createLogger({ level: settings.telemetry.logLevel, name });
  const openings = createOpenings(log);
  const stop = watchForStop({ host, log, name });
  const context: ProcessContext<F> = {
    config,
    log,
    clock: { now: () => new Date() },
    random: Math.random,
    signal: stop.signal,
    opened: openings.add,
  };
  let end: WorkEnd;
  try {
    end = await Promise.race([work(options, context, settings.process.shutdownMs), stop.crashed]);
  } catch (error) {
    end = { code: report(error, { host, log, name }), leftBehind: false };
  }
  const clean = await openings.close(stop.remainingMs(settings.process.shutdownMs));
  stop.end();
  const code = end.code === EXIT.ok && (!clean || stop.hasCrashed()) ? EXIT.failed : end.code;
  // Closed in order, the process ends by itself. What is left behind, or runs on after an uncaught error, would keep it.
  if (end.leftBehind || !clean || stop.hasCrashed()) host.exit(code);
  return code;
}

interface WorkEnd {
  readonly code: number;
  readonly leftBehind: boolean;
}

async function work<F extends Fragments, Opened>(
  { open, run }: ProcessOptions<F, Opened>,
  context: ProcessContext<F>,
  shutdownMs: number,
): Promise<WorkEnd> {
  const { signal, log } = context;
  const working = (async () => {
    const opened = await open(context);
    if (!signal.aborted) await run(opened, context);
  })();
  await Promise.race([working, untilAborted(signal)]);
  if (await within(working, shutdownMs / 2)) return { code: EXIT.ok, leftBehind: false };
  log.error({}, "the work did not end in time and is left behind");
  working.catch((error: unknown) => log.error(describe(error), "what was left behind has failed"));
  return { code: EXIT.failed, leftBehind: true };
}

/** Resolves when the signal aborts: the whole `run` of a process that only serves. */
export function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}

interface Witness {
  readonly host: ProcessHost;
  readonly log: ProcessLogger;
  readonly name: string;
}

/** A refusal is said in words for whoever started the process; everything else is logged with its stack. */
function report(error: unknown, { host, log, name }: Witness): number {
  if (error instanceof UserError) {
    host.print(`${name}: ${redact(error.message)}`);
    return EXIT.refused;
  }
  log.error(describe(error), "stopped by an error");
  return EXIT.failed;
}

function describe(error: unknown): { code: string; error: string; stack: string } {
  const { code, message } = toErrorRecord(error);
  return { code, error: message, stack: error instanceof Error ? redact(error.stack ?? "") : "" };
}

/** Turns signals and uncaught errors into an abort, the first time, and into an end, the second. */
function watchForStop({ host, log, name }: Witness) {
  const controller = new AbortController();
  const crash = Promise.withResolvers<WorkEnd>();
  let stoppedAt: number | undefined;
  let crashed = false;

  const stop = (why: string): void => {
    stoppedAt = performance.now();
    controller.abort(new TransientError(`${name} is shutting down`, { code: "drained" }));
    log.info({ why }, "stopping");
  };
  const onSignal = (signal: StopSignal) => () => {
    if (stoppedAt === undefined) return stop(signal);
    log.warn({ why: signal }, "stopping at once, without closing");
    host.exit(EXIT[signal]);
  };
  const onError = (error: unknown): void => {
    log.error(describe(error), "an error that nobody caught");
    if (crashed) {
      host.exit(EXIT.failed);
      return;
    }
    crashed = true;
    if (stoppedAt === undefined) stop("uncaught error");
    crash.resolve({ code: EXIT.failed, leftBehind: true });
  };
  const listeners = [
    ["SIGINT", onSignal("SIGINT")],
    ["SIGTERM", onSignal("SIGTERM")],
    ["uncaughtException", onError],
    ["unhandledRejection", onError],
  ] as const;
  for (const [event, listener] of listeners) host.on(event, listener);

  return {
    signal: controller.signal,
    crashed: crash.promise,
    hasCrashed: () => crashed,
    /** Of the time to stop in, what is left since the first signal. */
    remainingMs: (totalMs: number) => (stoppedAt === undefined ? totalMs : totalMs - (performance.now() - stoppedAt)),
    end: () => {
      for (const [event, listener] of listeners) host.off(event, listener);
    },
  };
}
