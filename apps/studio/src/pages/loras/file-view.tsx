import type { LoraInspection, LoraView } from "@loramill/contracts";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useClient } from "../../api/client.tsx";
import { formatBytes, formatCount } from "../../lib/format.ts";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { CopyButton } from "../../ui/copy-button.tsx";
import { DigestText } from "../../ui/digest-text.tsx";
import { type Fact, Facts } from "../../ui/facts.tsx";
import { Loaded } from "../../ui/loaded.tsx";
import { Notice } from "../../ui/problem-notice.tsx";
import { SearchBox } from "../../ui/search-box.tsx";
import { Table } from "../../ui/table.tsx";

type Description = LoraInspection["description"];

/** Tensors shown at once; a search finds the others. */
const MOST_TENSORS = 200;

/** What the header of a LoRA's file tells, and the hashes by which tools know it. */
export function FileView({ lora, project }: { readonly lora: LoraView; readonly project: string | undefined }) {
  const client = useClient();
  const query = useQuery({
    queryKey: ["lora-file", lora.id, project],
    queryFn: ({ signal }) => client.loras.inspect(lora.id, { project, signal, metadata: true }),
    staleTime: Number.POSITIVE_INFINITY,
  });
  return (
    <div className="stack">
      <div className="columns">
        <Card title="Hashes">
          <Facts facts={hashesOf(lora)} />
        </Card>
        <Loaded query={query}>
          {({ description }) => (
            <Card title="What is in it">
              <Facts facts={contentsOf(description)} />
            </Card>
          )}
        </Loaded>
      </div>
      {query.data && <Metadata inspection={query.data} />}
      <Tensors lora={lora} project={project} />
    </div>
  );
}

function hashesOf({ hashes, weights }: LoraView): Fact[] {
  const text = (hash: string | null) => hash && <DigestText digest={hash} />;
  return [
    ["SHA-256", text(hashes.sha256)],
    ["Of its tensors", text(hashes.tensorsSha256)],
    ["AutoV1", text(hashes.autoV1)],
    ["AutoV2", text(hashes.autoV2)],
    ["AutoV3", text(hashes.autoV3)],
    ["sshs", text(hashes.sshs)],
    ["sshs, legacy", text(hashes.sshsLegacy)],
    ...(weights.length < 2 ? [] : weights.map(({ role, sha256 }): Fact => [`File for ${role} noise`, text(sha256)])),
  ];
}

const contentsOf = (description: Description): Fact[] => [
  ["Title", description.title],
  ["Modules", `${formatCount(description.modules)}: ${counts(description.kinds)}`],
  ["Networks", counts(description.components)],
  ["Ranks", description.ranks.map(({ rank, modules }) => `${rank} (${formatCount(modules)})`).join(", ")],
  ["Parameters", formatCount(description.parameters)],
  [
    "Numbers as",
    Object.entries(description.dtypes)
      .map(([dtype, bytes]) => `${dtype} ${formatBytes(bytes)}`)
      .join(", "),
  ],
  ["DoRA", description.hasDora ? "yes" : null],
  [
    "Without a place",
    description.unresolved.length > 0 ? `${formatCount(description.unresolved.length)} modules` : null,
  ],
  ["Other tensors", description.otherTensors || null],
  ["Words in it", description.triggerWords.map(({ word, from }) => `${word} (${from})`).join(", ")],
  ["Metadata it lacks", description.missingModelSpec.join(", ")],
];

const counts = (by: Readonly<Record<string, number>>): string =>
  Object.entries(by)
    .map(([name, count]) => `${name} ${formatCount(count)}`)
    .join(", ");

function Metadata({ inspection: { description, metadata = {} } }: { readonly inspection: LoraInspection }) {
  const training = Object.entries(description.training);
  const tags = description.tags.slice(0, 60);
  return (
    <>
      {description.warnings.length > 0 && (
        <Notice tone="amber" title="Look at this">
          <ul>
            {description.warnings.map((warning) => (
              <li key={warning}>{warning}</li>
            ))}
          </ul>
        </Notice>
      )}
      {training.length > 0 && (
        <Card title="What its trainer noted">
          <Facts facts={training.map(([name, value]) => [name, shown(value)])} />
        </Card>
      )}
      {tags.length > 0 && (
        <Card title="Words of its captions">
          <p>{tags.map(({ tag, count }) => `${tag} ${formatCount(count)}`).join(" · ")}</p>
        </Card>
      )}
      <details>
        <summary>Metadata as it stands in the file ({formatCount(Object.keys(metadata).length)})</summary>
        <div className="stack-tight">
          <CopyButton text={JSON.stringify(metadata, null, 2)} label="Copy as JSON" />
          <pre className="log">{JSON.stringify(metadata, null, 2)}</pre>
        </div>
      </details>
    </>
  );
}

const shown = (value: unknown): string => {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
};

function Tensors({ lora, project }: { readonly lora: LoraView; readonly project: string | undefined }) {
  const client = useClient();
  const [isAsked, setAsked] = useState(false);
  const [text, setText] = useState("");
  const query = useQuery({
    queryKey: ["lora-tensors", lora.id, project],
    queryFn: ({ signal }) => client.loras.inspect(lora.id, { project, signal, keys: true }),
    enabled: isAsked,
    staleTime: Number.POSITIVE_INFINITY,
  });
  if (!isAsked)
    return (
      <div>
        <Button small onClick={() => setAsked(true)}>
          Show every tensor
        </Button>
      </div>
    );
  return (
    <Loaded query={query}>
      {({ keys = [] }) => {
        const found = keys.filter(({ name }) => name.includes(text));
        return (
          <div className="stack-tight">
            <div className="row">
              <SearchBox label="Search tensors" value={text} onChange={setText} />
              <span className="muted number">
                {formatCount(Math.min(found.length, MOST_TENSORS))} of {formatCount(found.length)}
              </span>
            </div>
            <Table
              label="Tensors"
              rows={found.slice(0, MOST_TENSORS)}
              rowKey={({ name }) => name}
              columns={[
                { name: "Name", cell: ({ name }) => <code>{name}</code> },
                { name: "Numbers", cell: ({ dtype }) => dtype },
                { name: "Shape", end: true, cell: ({ shape }) => shape.join(" × ") },
              ]}
            />
          </div>
        );
      }}
    </Loaded>
  );
}
