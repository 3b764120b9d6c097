import type { ArtifactView, Json } from "@loramill/contracts";
import { formatName } from "../../lib/format.ts";
import { Card } from "../../ui/card.tsx";
import { Empty } from "../../ui/empty.tsx";
import { type Fact, Facts } from "../../ui/facts.tsx";
import { Gallery } from "../../ui/gallery.tsx";
import { Notice, ProblemNotice } from "../../ui/problem-notice.tsx";
import { SkeletonLines } from "../../ui/skeleton.tsx";
import type { Artifacts } from "./use-artifacts.ts";

const TITLES: Readonly<Record<string, string>> = {
  "contact-sheet": "Contact sheet",
  "training-sample": "Samples of the training",
};

/** Everything of a run that can be looked at, by kind, as it comes. */
export function PicturesView({ artifacts }: { readonly artifacts: Artifacts }) {
  if (artifacts.error && artifacts.items.length === 0) return <ProblemNotice error={artifacts.error} />;
  if (artifacts.isPending) return <SkeletonLines lines={5} />;
  const groups = [...Map.groupBy(artifacts.pictures, ({ kind }) => TITLES[kind] ?? "Generated")];
  if (groups.length === 0 && artifacts.refused.length === 0)
    return (
      <Empty icon="picture" title="No pictures yet">
        Samples of the training and generated pictures appear here as they are made.
      </Empty>
    );
  return (
    <div className="stack">
      {artifacts.refused.length > 0 && (
        <Notice tone="amber" title={`${artifacts.refused.length} were not made`}>
          <ul>
            {artifacts.refused.map(({ step, path, message }) => (
              <li key={`${step} ${path}`}>
                {path}: {message}
              </li>
            ))}
          </ul>
        </Notice>
      )}
      {groups.map(([title, pictures]) => (
        <Card key={title} title={title}>
          <Gallery
            onExpired={artifacts.renew}
            items={pictures.map((picture) => ({
              id: `${picture.name} ${picture.digest}`,
              url: picture.url,
              name: picture.name,
              mediaType: picture.mediaType,
              caption: captionOf(picture),
              details: <Facts facts={factsOf(picture)} />,
            }))}
          />
        </Card>
      ))}
    </div>
  );
}

function captionOf({ metadata, name }: ArtifactView): string {
  const { prompt, seed, step, loras } = metadata;
  const parts = [
    typeof step === "number" ? `step ${step}` : null,
    Array.isArray(loras) ? tellLoras(loras) : null,
    typeof seed === "number" ? `seed ${seed}` : null,
    typeof prompt === "string" ? prompt : null,
  ].filter((part) => part !== null);
  return parts.length > 0 ? parts.join(" · ") : name;
}

/** Such as zorb × 0.8; pictures are compared by that first. */
function tellLoras(loras: readonly Json[]): string {
  const told = loras.flatMap((lora) =>
    typeof lora === "object" && lora !== null && "strength" in lora && "name" in lora
      ? `${String(lora.name)} × ${String(lora.strength)}`
      : [],
  );
  return told.length > 0 ? told.join(" + ") : "base model";
}

/** Plain values alone: the rest is in the file's own record. */
function factsOf({ metadata }: ArtifactView): Fact[] {
  return Object.entries(metadata).flatMap(([name, value]): Fact[] =>
    typeof value === "string" || typeof value === "number" ? [[formatName(name), String(value)]] : [],
  );
}
