import { useQuery } from "@tanstack/react-query";
import { useId } from "react";
import { useClient } from "../../api/client.tsx";
import { TextField } from "../../ui/field.tsx";

/** As many are suggested; any other is named as well. */
const SUGGESTED = 200;

/** Names a version of a dataset; suggests those that there are. */
export function DatasetField({
  value,
  onChange,
}: {
  readonly value: string;
  readonly onChange: (value: string) => void;
}) {
  const client = useClient();
  const list = useId();
  const { data } = useQuery({
    queryKey: ["datasets", "suggested"],
    queryFn: ({ signal }) => client.datasets.list({ newest: true, limit: SUGGESTED, signal }),
    staleTime: 30_000,
  });
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
        {data?.items.map(({ name, digest }) => (
          <option key={`${name} ${digest}`} value={name} />
        ))}
      </datalist>
    </>
  );
}
