import type { ArtifactView } from "@loramill/contracts";
import { formatBytes, shortId } from "../../lib/format.ts";
import { ButtonLink } from "../../ui/button.tsx";
import { Empty } from "../../ui/empty.tsx";
import { ProblemNotice } from "../../ui/problem-notice.tsx";
import { type Column, Table } from "../../ui/table.tsx";
import type { Artifacts } from "./use-artifacts.ts";

/** Every file that a run has made, to be downloaded. */
export function FilesView({ artifacts }: { readonly artifacts: Artifacts }) {
  if (artifacts.error && artifacts.items.length === 0) return <ProblemNotice error={artifacts.error} />;
  if (artifacts.items.length === 0)
    return (
      <Empty icon="download" title="Nothing to download yet">
        Datasets, captions, LoRAs and pictures are here once their steps are done.
      </Empty>
    );
  return (
    <Table
      label="Files"
      columns={COLUMNS}
      rows={artifacts.items}
      rowKey={({ step, name, digest }) => `${step} ${name} ${digest}`}
    />
  );
}

const COLUMNS: readonly Column<ArtifactView>[] = [
  {
    name: "Name",
    main: true,
    cell: ({ name, url }) => (
      <a href={url} target="_blank" rel="noreferrer">
        {name}
      </a>
    ),
  },
  { name: "Kind", cell: ({ kind }) => kind.replaceAll("-", " ") },
  { name: "Step", cell: ({ step }) => step },
  { name: "Digest", cell: ({ digest }) => <code title={digest}>{shortId(digest)}</code> },
  { name: "Size", end: true, cell: ({ bytes }) => (bytes === null ? "" : formatBytes(bytes)) },
  {
    name: "",
    end: true,
    cell: ({ url, name }) => (
      <ButtonLink external small kind="plain" href={url} download={name} icon="download">
        Download
      </ButtonLink>
    ),
  },
];
