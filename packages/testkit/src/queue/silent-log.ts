import type { JsonObject, Logger } from "@loramill/contracts";

export interface LogLine {
  readonly level: "debug" | "info" | "warn" | "error";
  readonly message: string;
  readonly details: JsonObject;
}

/** A logger that prints nothing and keeps its lines for a test to look at. */
export function keepLog(): Logger & { readonly lines: readonly LogLine[] } {
  const lines: LogLine[] = [];
  const at = (level: LogLine["level"]) => (details: JsonObject, message: string) => {
    lines.push({ level, message, details });
  };
  return { lines, debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}
