import { useQuery } from "@tanstack/react-query";
import { useId } from "react";
import { useClient } from "../../api/client.tsx";
import { Segmented, TextField } from "../../ui/field.tsx";
import { FilePicker } from "../../ui/file-picker.tsx";

/** Where the pictures of a training come from; what is not chosen is kept for when it is. */
export interface Pictures {
  readonly from: "dataset" | "folder" | "upload";
  readonly dataset: string;
  readonly path: string;
  readonly files: readonly File[];
}

const WAYS = [
  ["dataset", "A dataset"],
  ["folder", "A folder of the mill"],
  ["upload", "This device"],
] as const;

/** A dataset of the mill, a folder of its machine, or files of this device. */
export function SourceFields({
  pictures,
  onChange,
}: {
  readonly pictures: Pictures;
  readonly onChange: (pictures: Pictures) => void;
}) {
  const change = (part: Partial<Pictures>) => onChange({ ...pictures, ...part });
  return (
    <div className="stack">
      <Segmented
        label="Where the pictures are"
        choices={WAYS}
        value={pictures.from}
        onChange={(from) => change({ from: WAYS.find(([way]) => way === from)?.[0] ?? "dataset" })}
      />
      {pictures.from === "dataset" && (
        <DatasetField value={pictures.dataset} onChange={(dataset) => change({ dataset })} />
      )}
      {pictures.from === "folder" && (
        <TextField
          label="Folder"
          placeholder="/photos/my-dog"
          value={pictures.path}
          onChange={(path) => change({ path })}
          hint="On the machine on which the mill runs, with all folders in it. A .txt beside a picture is its caption."
        />
      )}
      {pictures.from === "upload" && <FilePicker files={pictures.files} onChange={(files) => change({ files })} />}
    </div>
  );
}

function DatasetField({ value, onChange }: { readonly value: string; readonly onChange: (value: string) => void }) {
  const client = useClient();
  const list = useId();
  const { data } = useQuery({
    queryKey: ["datasets", "suggested"],
    queryFn: ({ signal }) => client.datasets.list({ limit: 200, signal }),
    staleTime: 30_000,
  });
  const names = [...new Set(data?.items.map(({ name }) => name))];
  return (
    <>
      <TextField
        label="Dataset"
        list={list}
        placeholder="name, name@digest or digest"
        value={value}
        onChange={onChange}
        hint="A name means its newest version. It is trained on as it is, with the captions it has."
      />
      <datalist id={list}>
        {names.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
    </>
  );
}
