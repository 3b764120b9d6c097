import { type CaptionPrompt, type CaptionVersion, formatMicroUsd } from "@loramill/contracts";
import { formatTable, shortTime } from "./format.ts";

/** Digests are told apart by so many digits. */
const DIGITS = 8;

const HEADER = ["written (UTC)", "by", "in", "cost", "prompt", "caption"];

/** Versions of a caption as a table, newest first; under one of several captioners stands what each of them said. */
export function formatHistory(versions: readonly CaptionVersion[]): string {
  return formatTable(
    HEADER,
    versions.flatMap((version) => [
      [
        shortTime(version.at),
        version.author === null ? version.provider : `${version.provider} (${version.author})`,
        placeOf(version),
        version.microUsd === null ? "" : formatMicroUsd(version.microUsd),
        short(version.prompt),
        version.text === "" ? "(taken away)" : version.text,
      ],
      ...version.voices.map(({ provider, microUsd, prompt, raw, failure }) => [
        "",
        `  ${provider}`,
        "",
        formatMicroUsd(microUsd),
        short(prompt),
        failure === null ? raw : `(${failure.code}: ${failure.message})`,
      ]),
    ]),
  );
}

/** Every different question of the versions and their voices, under the digits that the table shows. */
export function formatPrompts(versions: readonly CaptionVersion[]): string {
  const prompts = versions.flatMap(({ prompt, voices }) => [prompt, ...voices.map((voice) => voice.prompt)]);
  const texts = new Map(prompts.flatMap((prompt) => (prompt === null ? [] : [[short(prompt), prompt.text]])));
  return [...texts].map(([digits, text]) => `prompt ${digits}\n${text}`).join("\n\n");
}

function placeOf({ run, step, dataset }: CaptionVersion): string {
  if (run !== null) return step === null ? run : `${run} ${step}`;
  return dataset === null ? "" : `version ${dataset.slice(0, 12)}`;
}

const short = (prompt: CaptionPrompt | null): string => prompt?.digest.slice(0, DIGITS) ?? "";
