import { useQuery } from "@tanstack/react-query";
import { useId, useState } from "react";
import { useClient } from "../../api/client.tsx";
import { TextField } from "../../ui/field.tsx";

/** As many are suggested; any other is named as well. */
const SUGGESTED = 200;

/**
 * Names a LoRA of the library: suggests the newest, and takes whatever else the API finds one by. `onChange` is told when
 * a suggestion was taken or the typing has ended, not of every letter.
 */
export function LoraPicker({
  label,
  value,
  project,
  onChange,
}: {
  readonly label: string;
  readonly value: string;
  readonly project: string | undefined;
  readonly onChange: (lora: string) => void;
}) {
  const client = useClient();
  const list = useId();
  const { data } = useQuery({
    queryKey: ["loras", "suggested", project],
    queryFn: ({ signal }) =>
      client.loras.list({ limit: SUGGESTED, signal, ...(project === undefined ? {} : { project }) }),
    staleTime: 30_000,
  });
  const names = data?.items.map(({ name, version, family }) => [`${name}@${version}`, family] as const) ?? [];
  const [text, setText] = useState(value);
  const [before, setBefore] = useState(value);
  if (before !== value) {
    setBefore(value);
    setText(value);
  }
  const type = (typed: string) => {
    setText(typed);
    if (names.some(([name]) => name === typed)) onChange(typed);
  };
  const end = () => {
    if (text.trim() !== value) onChange(text.trim());
  };
  return (
    <>
      <TextField
        label={label}
        list={list}
        placeholder="name, name@version, id or hash"
        value={text}
        onChange={type}
        onBlur={end}
        onKeyDown={(event) => {
          if (event.key !== "Enter") return;
          event.preventDefault();
          end();
        }}
      />
      <datalist id={list}>
        {names.map(([name, family]) => (
          <option key={name} value={name}>
            {family}
          </option>
        ))}
      </datalist>
    </>
  );
}
