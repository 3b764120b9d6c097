import { LoraFamily, type LoraSummary } from "@loramill/contracts";
import { useState } from "react";
import { Link } from "wouter";
import { useProjectFilter } from "../../api/project.ts";
import { formatBytes } from "../../lib/format.ts";
import { useSearchState } from "../../lib/use-search-state.ts";
import { Badge } from "../../ui/badge.tsx";
import { Button, ButtonLink } from "../../ui/button.tsx";
import { Empty } from "../../ui/empty.tsx";
import { type Choice, Filter, Segmented } from "../../ui/field.tsx";
import { Page } from "../../ui/page.tsx";
import { SearchBox } from "../../ui/search-box.tsx";
import { type Column, PagedTable } from "../../ui/table.tsx";
import { TimeAgo } from "../../ui/time-ago.tsx";
import { ImportDialog } from "./import-dialog.tsx";
import { loraHref } from "./lora-address.ts";
import { LoraCards } from "./lora-cards.tsx";
import { RatingText } from "./rating-text.tsx";
import { RestoreButton } from "./restore-button.tsx";
import { type LoraSearch, useLoras } from "./use-loras.ts";

/** The library of LoRAs: trained here, imported, or made of others. */
export function LorasPage() {
  const [isImporting, setImporting] = useState(false);
  const importing = (
    <Button kind="primary" icon="upload" onClick={() => setImporting(true)}>
      Import
    </Button>
  );
  return (
    <Page
      title="LoRAs"
      actions={
        <>
          <ButtonLink href="/loras/compare">Compare</ButtonLink>
          <ButtonLink href="/loras/make">Merge, resize, convert</ButtonLink>
          {importing}
        </>
      }
    >
      <Filters />
      <Library search={useLoras()} />
      {isImporting && <ImportDialog onClose={() => setImporting(false)} />}
    </Page>
  );
}

const FAMILIES: readonly Choice[] = [
  ["", "All families"],
  ...LoraFamily.options.map((family): Choice => [family, family]),
  ["unknown", "unknown"],
];
const SOURCES: readonly Choice[] = [
  ["", "From anywhere"],
  ["trained", "Trained here"],
  ["imported", "Imported"],
  ["made", "Made of others"],
];
const RATINGS: readonly Choice[] = [
  ["", "Any rating"],
  ...[5, 4, 3, 2].map((n): Choice => [`${n}`, `${n} stars and up`]),
];
const DELETED: readonly Choice[] = [
  ["", "In the library"],
  ["true", "Deleted"],
];

function Filters() {
  const [q, setQ] = useSearchState("q");
  const [tag, setTag] = useSearchState("tag");
  const [family, setFamily] = useSearchState("family");
  const [source, setSource] = useSearchState("source");
  const [rating, setRating] = useSearchState("rating");
  const [deleted, setDeleted] = useSearchState("deleted");
  const [view, setView] = useSearchState("view", "cards");
  return (
    <div className="spread">
      <search className="row">
        <SearchBox label="Search names, words, notes" value={q} onChange={setQ} />
        <SearchBox label="Tags" value={tag} onChange={setTag} />
        <Filter label="Family" choices={FAMILIES} value={family} onChange={setFamily} />
        <Filter label="Source" choices={SOURCES} value={source} onChange={setSource} />
        <Filter label="Rating" choices={RATINGS} value={rating} onChange={setRating} />
        <Filter label="Deleted or not" choices={DELETED} value={deleted} onChange={setDeleted} />
      </search>
      <Segmented
        label="Shown as"
        choices={[
          ["cards", "Cards"],
          ["table", "Table"],
        ]}
        value={view}
        onChange={setView}
      />
    </div>
  );
}

function Library({ search: { pages, isFiltered, isDeleted } }: { readonly search: LoraSearch }) {
  const [view] = useSearchState("view", "cards");
  const { project } = useProjectFilter();
  const empty = isDeleted ? (
    <Empty icon="trash" title="Nothing was deleted" />
  ) : isFiltered ? (
    <Empty icon="search" title="No LoRA is like that">
      Fewer words or another family may find some.
    </Empty>
  ) : (
    <Empty
      icon="lora"
      title="No LoRAs yet"
      action={
        <ButtonLink href="/training/new" kind="primary" icon="plus">
          Train one
        </ButtonLink>
      }
    >
      What is trained here appears by itself; files of others are imported, here or with{" "}
      <code>loramill lora import</code>.
    </Empty>
  );
  if (view === "table" && !isDeleted)
    return (
      <PagedTable label="LoRAs" pages={pages} columns={columnsFor(project)} rowKey={({ id }) => id} empty={empty} />
    );
  return (
    <LoraCards
      pages={pages}
      project={project}
      empty={empty}
      actions={isDeleted ? (lora) => <RestoreButton lora={lora} project={project} /> : undefined}
    />
  );
}

const columnsFor = (project: string | undefined): readonly Column<LoraSummary>[] => [
  { name: "Name", main: true, cell: ({ id, name }) => <Link href={loraHref(id, project)}>{name}</Link> },
  { name: "Version", end: true, cell: ({ version }) => version },
  { name: "Family", cell: ({ family }) => <Badge>{family}</Badge> },
  { name: "Rank", end: true, cell: ({ rank }) => rank },
  { name: "Trigger words", cell: ({ triggerWords }) => <code>{triggerWords.join(", ")}</code> },
  { name: "Tags", cell: ({ tags }) => tags.map((tag) => `#${tag}`).join(" ") },
  { name: "Rating", cell: ({ rating }) => <RatingText rating={rating} /> },
  { name: "Size", end: true, cell: ({ bytes }) => formatBytes(bytes) },
  { name: "From", cell: ({ source, run }) => (run ? <Link href={`/runs/${run}`}>{source}</Link> : source) },
  { name: "When", end: true, cell: ({ createdAt }) => <TimeAgo at={createdAt} /> },
];
