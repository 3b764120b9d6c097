import { DatasetLayout, type DatasetView } from "@loramill/contracts";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useClient } from "../../api/client.tsx";
import { saveBlob } from "../../lib/save-file.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Segmented, SelectField, TextField } from "../../ui/field.tsx";
import { Notice, ProblemNotice } from "../../ui/problem-notice.tsx";

/** A version as an archive that a trainer reads, and what its layout cannot say. */
export function ExportDialog({
  view,
  version,
  onClose,
}: {
  readonly view: DatasetView;
  readonly version: number | undefined;
  readonly onClose: () => void;
}) {
  const client = useClient();
  const [layout, setLayout] = useState<string>("kohya");
  const [archive, setArchive] = useState<string>("zip");
  const [className, setClassName] = useState("");
  const pack = useMutation({
    mutationFn: async () => {
      const { body, warnings, readBy } = await client.datasets.export(`${view.name}@${view.digest}`, {
        layout: layout as DatasetLayout,
        archive: archive as "tar" | "zip",
        ...(className.trim() === "" ? {} : { className: className.trim() }),
      });
      const file = [view.name, ...(version === undefined ? [] : [`v${version}`]), layout].join("-");
      saveBlob(await new Response(body).blob(), `${file}.${archive}`);
      return { warnings, readBy };
    },
    meta: { toldInPlace: true },
  });
  return (
    <Dialog
      title={`Export ${view.name}`}
      onClose={onClose}
      footer={
        <Button kind="primary" icon="download" busy={pack.isPending} onClick={() => pack.mutate()}>
          Export
        </Button>
      }
    >
      <SelectField
        label="Layout"
        value={layout}
        onChange={setLayout}
        choices={DatasetLayout.options.map((name) => [name, name])}
        hint="Of the trainer that will read it."
      />
      <Segmented
        label="Archive"
        value={archive}
        onChange={setArchive}
        choices={[
          ["zip", "zip"],
          ["tar", "tar"],
        ]}
      />
      <TextField
        label="What it is"
        placeholder="dog"
        value={className}
        onChange={setClassName}
        hint="Stands in for captions that are missing, in layouts that have such words."
      />
      {pack.error && <ProblemNotice error={pack.error} />}
      {pack.data && (
        <Notice tone="green" title="It is among your downloads">
          {pack.data.readBy && <p>Read by: {pack.data.readBy}</p>}
          {pack.data.warnings.map((warning) => (
            <p key={warning}>{warning}</p>
          ))}
        </Notice>
      )}
    </Dialog>
  );
}
