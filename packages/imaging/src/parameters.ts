/** How a picture was made, as AUTOMATIC1111's web UI and the tools that follow it write under the keyword `parameters`. */
export interface Parameters {
  readonly prompt: string;
  readonly negativePrompt: string;
  /** In the order of the text, such as `Steps`, `Sampler`, `Seed`, `Size`, `Lora hashes`. Values are text as written. */
  readonly settings: Readonly<Record<string, string>>;
}

const MAX_CHARACTERS = 1024 * 1024;
/** A key, then a value that is quoted as JSON or runs to the next comma. */
const SETTING = /\s*(\w[\w \-/]+):\s*("(?:\\.|[^\\"])+"|[^,]*)(?:,|$)/g;
/** These hold JSON with commas and are not quoted. */
const JSON_SETTINGS = /\b(Hashes|Civitai resources|Civitai metadata):\s*(?=[[{])/;

/**
 * Writes the text: prompt, negative prompt, one line of settings. Values that hold a separator are written as JSON
 * strings; empty ones are left out.
 */
export function writeParameters({ prompt, negativePrompt, settings }: Parameters): string {
  const line = Object.entries(settings)
    .filter(([, value]) => value !== "")
    .map(([key, value]) => `${key}: ${/[,:\n]/.test(value) ? JSON.stringify(value) : value}`)
    .join(", ");
  return [prompt, ...(negativePrompt === "" ? [] : [`Negative prompt: ${negativePrompt}`]), line].join("\n");
}

/**
 * Reads the text back. The last line holds the settings if at least three can be read from it, else it belongs to the
 * prompt; from a line that starts with `Negative prompt:` on, the lines before are the negative prompt.
 */
export function readParameters(text: string): Parameters {
  const lines = text.slice(0, MAX_CHARACTERS).trim().split("\n");
  const settings = readSettings(lines.at(-1) ?? "");
  const isSettings = Object.keys(settings).length >= 3;
  const prompt: string[] = [];
  const negative: string[] = [];
  let into = prompt;
  for (const line of isSettings ? lines.slice(0, -1) : lines) {
    const trimmed = line.trim();
    const isNegative = into === prompt && trimmed.startsWith("Negative prompt:");
    if (isNegative) into = negative;
    into.push(isNegative ? trimmed.slice("Negative prompt:".length).trim() : trimmed);
  }
  return {
    prompt: prompt.join("\n").trim(),
    negativePrompt: negative.join("\n").trim(),
    settings: isSettings ? settings : {},
  };
}

function readSettings(line: string): Record<string, string> {
  const settings: Record<string, string> = {};
  let rest = line;
  for (let found = JSON_SETTINGS.exec(rest); found !== null; found = JSON_SETTINGS.exec(rest)) {
    const start = found.index + found[0].length;
    const end = endOfJson(rest, start);
    settings[found[1] as string] = rest.slice(start, end);
    rest = rest.slice(0, found.index) + rest.slice(end).replace(/^\s*,/, "");
  }
  for (const [, key, value] of rest.matchAll(SETTING)) settings[key as string] = unquote((value as string).trim());
  return settings;
}

/** Behind the bracket that closes the one at `start`; brackets inside strings do not count. */
function endOfJson(text: string, start: number): number {
  let depth = 0;
  let inString = false;
  for (let at = start; at < text.length; at++) {
    const char = text[at];
    if (inString) {
      if (char === "\\") at++;
      else if (char === '"') inString = false;
    } else if (char === '"') inString = true;
    else if (char === "{" || char === "[") depth++;
    else if (char === "}" || char === "]") depth--;
    if (depth === 0 && !inString) return at + 1;
  }
  return text.length;
}

function unquote(value: string): string {
  if (!value.startsWith('"')) return value;
  try {
    const parsed: unknown = JSON.parse(value);
    return typeof parsed === "string" ? parsed : value;
  } catch {
    return value;
  }
}
