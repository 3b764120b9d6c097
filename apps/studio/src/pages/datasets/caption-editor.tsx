import { type KeyboardEvent, useState } from "react";
import { Button } from "../../ui/button.tsx";
import { type Dataset, useDerive } from "./use-dataset.ts";
import type { ShownPicture } from "./use-pictures.ts";

/** Writes the caption of a picture in its place: Enter keeps it, Escape takes back what was not kept. */
export function CaptionEditor({
  id,
  dataset,
  picture: { path, caption },
}: {
  readonly id: string;
  readonly dataset: Dataset;
  readonly picture: ShownPicture;
}) {
  const derive = useDerive(dataset.view.name);
  const [text, setText] = useState(caption ?? "");
  const [was, setWas] = useState(caption);
  if (was !== caption) {
    // It was changed elsewhere, or taken back below.
    setWas(caption);
    setText(caption ?? "");
  }
  const isChanged = text.trim() !== (caption ?? "");
  const save = () => {
    if (!isChanged) return;
    const clean = text.trim();
    derive.mutate({
      change: { captions: { [path]: clean === "" ? null : clean } },
      said: clean === "" ? "Caption taken away" : "Caption kept as a new version",
    });
  };
  const keys = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      save();
      event.currentTarget.blur();
    }
    if (event.key === "Escape" && isChanged) {
      event.preventDefault();
      event.stopPropagation();
      setText(caption ?? "");
    }
  };
  return (
    <div className="field">
      <label htmlFor={id}>Caption</label>
      <textarea
        id={id}
        className="input"
        rows={4}
        value={text}
        placeholder="no caption"
        readOnly={!dataset.isNewest}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={keys}
      />
      {dataset.isNewest && (
        <div className="spread">
          <span className="hint">Enter keeps it, Escape takes it back</span>
          <Button
            small
            kind={isChanged ? "primary" : "default"}
            disabled={!isChanged}
            busy={derive.isPending}
            onClick={save}
          >
            Keep
          </Button>
        </div>
      )}
    </div>
  );
}
