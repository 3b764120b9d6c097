import { useEffect, useEffectEvent, useState } from "react";

/** How long nobody types before it is searched for. */
const PAUSE_MS = 300;

/** A text to search by; `onChange` is given it when the typing pauses. */
export function SearchBox({
  label,
  value,
  onChange,
}: {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
}) {
  const [text, setText] = useState(value);
  const [known, setKnown] = useState(value);
  if (known !== value) {
    // The address has changed otherwise, such as by going back.
    setKnown(value);
    if (value !== text.trim()) setText(value);
  }
  const search = useEffectEvent(onChange);
  useEffect(() => {
    if (text.trim() === value) return;
    const timer = setTimeout(() => search(text.trim()), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text, value]);
  return (
    <input
      type="search"
      className="input input-search"
      aria-label={label}
      placeholder={label}
      value={text}
      onChange={(event) => setText(event.target.value)}
    />
  );
}
