import { type JsonObject, type Logger, redact } from "@loramill/contracts";
import { destination, pino } from "pino";
import { sanitise } from "./sanitise.ts";

export type LogLevel = "debug" | "info" | "warn" | "error" | "silent";

export interface LoggerOptions {
  readonly level: LogLevel;
  /** Which process speaks, such as `trainer`. */
  readonly name: string;
  /** Takes the finished lines; default: standard error, written at once so that a crash loses none. */
  readonly write?: (line: string) => void;
}

/** A logger that can carry details into every line, such as a run and a job. */
export interface ProcessLogger extends Logger {
  child(details: JsonObject): ProcessLogger;
}

/** JSON lines with `time` (ISO 8601), `level` as a word, `name`, `message` and the details, cleaned of secrets. */
export function createLogger(options: LoggerOptions): ProcessLogger {
  const { level, name, write } = options;
  const base = pino(
    {
      level,
      base: { name },
      messageKey: "message",
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    write ? { write } : destination({ dest: 2, sync: true }),
  );
  const withDetails = (carried: JsonObject): ProcessLogger => {
    const say = (at: "debug" | "info" | "warn" | "error") => (details: JsonObject, message: string) => {
      if (base.isLevelEnabled(at)) base[at](sanitise({ ...carried, ...details }), redact(message));
    };
    return {
      debug: say("debug"),
      info: say("info"),
      warn: say("warn"),
      error: say("error"),
      child: (details) => withDetails({ ...carried, ...details }),
    };
  };
  return withDetails({});
}
