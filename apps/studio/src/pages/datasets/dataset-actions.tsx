import { useState } from "react";
import { Button, ButtonLink } from "../../ui/button.tsx";
import { ExportDialog } from "./export-dialog.tsx";
import type { Dataset } from "./use-dataset.ts";

export function DatasetActions({ dataset: { view, version } }: { readonly dataset: Dataset }) {
  const [isExporting, setExporting] = useState(false);
  return (
    <>
      <Button icon="download" onClick={() => setExporting(true)}>
        Export
      </Button>
      <ButtonLink href="/datasets/new" icon="plus">
        New dataset
      </ButtonLink>
      {isExporting && <ExportDialog view={view} version={version?.version} onClose={() => setExporting(false)} />}
    </>
  );
}
