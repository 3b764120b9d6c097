import type { RunSpecInput } from "@loramill/contracts";
import { useState } from "react";
import { useSearchState } from "../../lib/use-search-state.ts";
import { Segmented } from "../../ui/field.tsx";
import { Page } from "../../ui/page.tsx";
import { PicturesFormView } from "./pictures-form.tsx";
import { writeSpec } from "./read-spec.ts";
import { RunPreview } from "./run-preview.tsx";
import { SpecEditor } from "./spec-editor.tsx";

/** Starts a run: from pictures and a few words, or from a spec; its plan and its price are seen before. */
export function NewRunPage() {
  const [way, setWay] = useSearchState("from", "pictures");
  const [text, setText] = useState("");
  const [checked, setChecked] = useState<RunSpecInput | null>(null);
  const editAsSpec = (spec: RunSpecInput) => {
    setText(writeSpec(spec));
    setChecked(null);
    setWay("spec");
  };
  return (
    <Page
      title="New run"
      crumb={{ href: "/runs", label: "Runs" }}
      about="What it will do, how long it will take and what it will cost is shown before anything starts."
      actions={
        <Segmented
          label="Made from"
          choices={[
            ["pictures", "Pictures"],
            ["spec", "Spec"],
          ]}
          value={way}
          onChange={(next) => {
            setChecked(null);
            setWay(next);
          }}
        />
      }
    >
      <div className="columns">
        {way === "spec" ? (
          <SpecEditor
            text={text}
            onChange={(next) => {
              setText(next);
              setChecked(null);
            }}
            onCheck={setChecked}
          />
        ) : (
          <PicturesFormView onChange={() => setChecked(null)} onCheck={setChecked} onEdit={editAsSpec} />
        )}
        {/* A spec that was checked is another preview: its price and its key are its own. */}
        <div className="beside">
          <RunPreview key={checked === null ? "" : JSON.stringify(checked)} spec={checked} />
        </div>
      </div>
    </Page>
  );
}
