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
  /** What the last change here took the place of; undefined: nothing was changed. */
  const [replaced, setReplaced] = useState<string | null>();
  if (was !== caption) {
    // It was changed elsewhere, or taken back below.
    setWas(caption);
    setText(caption ?? "");
  }
  const isChanged = text.trim() !== (caption ?? "");
  const save = () => {
    if (!isChanged) return;
    const clean = text.trim();
    derive.mutate(
      {
        change: { captions: { [path]: clean === "" ? null : clean } },
        said: clean === "" ? "Caption taken away" : "Caption kept as a new version",
      },
      { onSuccess: () => setReplaced(caption) },
    );
  };
  const takeBack = () =>
    derive.mutate(
      { change: { captions: { [path]: replaced ?? null } }, said: "Caption taken back" },
      { onSuccess: () => setReplaced(undefined) },
    );
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
          <span className="row">
            {replaced !== undefined && !isChanged && (
              <Button small busy={derive.isPending} onClick={takeBack}>
                Take back
              </Button>
            )}
            <Button
              small
              kind={isChanged ? "primary" : "default"}
              disabled={!isChanged}
              busy={derive.isPending}
              onClick={save}
            >
              Keep
            </Button>
          </span>
        </div>
      )}
    </div>
  );
}
