import type { DatasetDiffView, DatasetSummary } from "@loramill/contracts";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useClient } from "../../api/client.tsx";
import { formatCount } from "../../lib/format.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { SelectField } from "../../ui/field.tsx";
import { Loaded } from "../../ui/loaded.tsx";
import { CaptionChanges } from "./caption-changes.tsx";

/** Paths that are listed of each kind; the rest is counted. */
const MOST_LISTED = 100;

/** What a version has that another has not: pictures, captions, cuts and repeats. */
export function VersionDiff({
  after,
  versions,
  onClose,
}: {
  readonly after: DatasetSummary;
  readonly versions: readonly DatasetSummary[];
  readonly onClose: () => void;
}) {
  const client = useClient();
  const others = versions.filter(({ digest }) => digest !== after.digest);
  const [before, setBefore] = useState(others.find(({ version }) => version < after.version)?.digest ?? "");
  const refer = (digest: string) => `${after.name}@${digest}`;
  const diff = useQuery({
    queryKey: ["datasets", "diff", after.name, before, after.digest],
    queryFn: () => client.datasets.diff(refer(before), refer(after.digest)),
    staleTime: Number.POSITIVE_INFINITY,
  });
  return (
    <Dialog wide title={`What version ${after.version} changed`} onClose={onClose}>
      <SelectField
        label="Beside"
        value={before}
        onChange={setBefore}
        choices={others.map(({ digest, version }) => [digest, `version ${version}`])}
      />
      <Loaded query={diff}>{(found) => <Differences diff={found} />}</Loaded>
    </Dialog>
  );
}

function Differences({ diff }: { readonly diff: DatasetDiffView }) {
  const lists: readonly [string, readonly string[]][] = [
    ["Added", diff.added.map(({ path }) => path)],
    ["Gone", diff.removed.map(({ path }) => path)],
    ["Renamed", diff.moved.map(({ from, to }) => `${from} → ${to}`)],
    ["Another picture of the same name", diff.replaced.map(({ path }) => path)],
    ["Cut or sized in another way", diff.reprepared.map(({ path }) => path)],
    ["Shown more or less often", diff.reweighted.map(({ path, before, after }) => `${path}: ${before} → ${after}`)],
  ];
  const some = lists.filter(([, paths]) => paths.length > 0);
  return (
    <>
      <p className="muted">{formatCount(diff.same)} pictures are the same in both.</p>
      {diff.recaptioned.length > 0 && (
        <section className="stack-tight">
          <h3>Captions ({diff.recaptioned.length})</h3>
          <CaptionChanges changes={diff.recaptioned} />
        </section>
      )}
      {some.map(([title, paths]) => (
        <section key={title} className="stack-tight">
          <h3>
            {title} ({paths.length})
          </h3>
          <ul className="muted bullets">
            {paths.slice(0, MOST_LISTED).map((path) => (
              <li key={path}>{path}</li>
            ))}
            {paths.length > MOST_LISTED && <li>and {formatCount(paths.length - MOST_LISTED)} more</li>}
          </ul>
        </section>
      ))}
    </>
  );
}
