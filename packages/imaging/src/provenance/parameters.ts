/** How a picture was made, as AUTOMATIC1111's web UI and the tools that follow it write under the keyword `parameters`. */
export interface Parameters {
  readonly prompt: string;
  readonly negativePrompt: string;
  /** In the order of the text, such as `Steps`, `Sampler`, `Seed`, `Size`, `Lora hashes`. Values are text as written. */
  readonly settings: Readonly<Record<string, string>>;
}

const MAX_CHARACTERS = 1024 * 1024;
/** These hold JSON with commas and are not quoted. */
const JSON_SETTINGS = new Set(["Hashes", "Civitai resources", "Civitai metadata"]);

/**
 * Writes the text: prompt, negative prompt, one line of settings. Values that hold a separator are written as JSON
 * strings, those that are JSON as they are; empty ones are left out.
 */
export function writeParameters({ prompt, negativePrompt, settings }: Parameters): string {
  const line = Object.entries(settings)
    .filter(([, value]) => value !== "")
    .map(([key, value]) => `${key}: ${isBare(key, value) ? value : JSON.stringify(value)}`)
    .join(", ");
  return [prompt, ...(negativePrompt === "" ? [] : [`Negative prompt: ${negativePrompt}`]), line].join("\n");
}

function isBare(key: string, value: string): boolean {
  return JSON_SETTINGS.has(key) || (!/[,:\n\r]|^["{[]/.test(value) && value === value.trim());
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

/**
 * The pairs of a line as the web UI's pattern `\s*(\w[\w \-/]+):\s*("(?:\\.|[^\\"])+"|[^,]*)(?:,|$)` finds them, in one
 * pass: the pattern itself takes time by the square of a line that somebody wrote to be hard.
 */
function readSettings(line: string): Record<string, string> {
  const settings: Record<string, string> = {};
  for (let at = 0; at < line.length; ) {
    const colon = line.indexOf(":", at);
    if (colon < 0) break;
    const key = keyBefore(line, at, colon);
    if (key === null) {
      at = colon + 1;
      continue;
    }
    let start = colon + 1;
    while (/\s/.test(line.charAt(start))) start++;
    const end = endOfValue(line, start, key);
    settings[key] = unquote(line.slice(start, end).trim());
    at = end + 1;
  }
  return settings;
}

/** The letters, digits, spaces, dashes and slashes before a colon, from the first letter or digit on; two at least. */
function keyBefore(line: string, from: number, colon: number): string | null {
  let start = colon;
  while (start > from && /[\p{L}\p{N}_ \-/]/u.test(line.charAt(start - 1))) start--;
  const key = line.slice(start, colon).replace(/^[ \-/]+/, "");
  return key.length >= 2 ? key : null;
}

/** Where the comma behind a value stands, or the end of the line. */
function endOfValue(line: string, start: number, key: string): number {
  const first = line.charAt(start);
  if (JSON_SETTINGS.has(key) && (first === "{" || first === "[")) return commaFrom(line, endOfJson(line, start));
  if (first === '"') {
    const end = endOfQuoted(line, start);
    if (end > start + 2 && (end === line.length || line.charAt(end) === ",")) return end;
  }
  return commaFrom(line, start);
}

function commaFrom(line: string, start: number): number {
  const comma = line.indexOf(",", start);
  return comma < 0 ? line.length : comma;
}

/** Behind the quote that closes the one at `start`; -1 where none does. */
function endOfQuoted(line: string, start: number): number {
  for (let at = start + 1; at < line.length; at++) {
    const char = line[at];
    if (char === "\\") at++;
    else if (char === '"') return at + 1;
  }
  return -1;
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
