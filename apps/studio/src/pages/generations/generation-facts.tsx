import type { AppliedLora, GenerationSummary } from "@loramill/contracts";
import { Link } from "wouter";
import { formatBytes, formatSeconds } from "../../lib/format.ts";
import { Facts } from "../../ui/facts.tsx";
import { TimeAgo } from "../../ui/time-ago.tsx";

/** How a picture or clip was made, in the order in which people ask. */
export function GenerationFacts({ generation }: { readonly generation: GenerationSummary }) {
  const { prompt, negativePrompt, seed, loras, steps, guidance, sampler, width, height, frames, fps } = generation;
  const isDrawn = prompt !== "" || loras.length > 0;
  return (
    <Facts
      facts={[
        ["Prompt", prompt],
        ["Negative prompt", negativePrompt],
        ["LoRAs", loras.length === 0 ? isDrawn ? "none" : null : <Loras loras={loras} />],
        ["Seed", isDrawn ? seed : null],
        ["Steps", isDrawn ? steps : null],
        ["Guidance", isDrawn ? guidance : null],
        ["Sampler", isDrawn ? sampler : null],
        ["Size", `${width} × ${height}`],
        ["Frames", frames === null ? null : `${frames}${fps === null ? "" : ` at ${fps} per second`}`],
        ["Kind", generation.kind],
        ["Made by", madeBy(generation)],
        ["File", `${generation.file.mediaType}, ${formatBytes(generation.file.bytes)}`],
        ["Run", <Link key="run" href={`/runs/${generation.run}`}>{`item ${generation.index} of its run`}</Link>],
        ["Made", <TimeAgo key="at" at={generation.createdAt} />],
      ]}
    />
  );
}

/** What draws nothing has no base model. */
const madeBy = ({ backend, baseModel, seconds }: GenerationSummary): string =>
  [backend, ...(baseModel === "none" ? [] : [baseModel]), `in ${formatSeconds(seconds)}`].join(", ");

function Loras({ loras }: { readonly loras: readonly AppliedLora[] }) {
  return (
    <ul>
      {loras.map(({ name, sha256, strength }) => (
        <li key={sha256} title={sha256}>
          <Link href={`/generations?lora=${encodeURIComponent(name)}`}>{name}</Link> at {strength}
        </li>
      ))}
    </ul>
  );
}
