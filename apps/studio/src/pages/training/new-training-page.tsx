import type { RunSpecInput } from "@loramill/contracts";
import { useState } from "react";
import { Page } from "../../ui/page.tsx";
import { RunPreview } from "../runs/run-preview.tsx";
import { TrainingFormView } from "./training-form.tsx";

/** Starts a training: pictures, a recipe that explains itself, a place and a budget; its price is seen before. */
export function NewTrainingPage() {
  const [checked, setChecked] = useState<RunSpecInput | null>(null);
  return (
    <Page
      title="New training"
      crumb={{ href: "/training", label: "Training" }}
      about="One LoRA of one dataset. What it will take is shown before anything starts."
    >
      <div className="columns">
        <TrainingFormView onChange={() => setChecked(null)} onCheck={setChecked} />
        <div className="beside">
          <RunPreview key={checked === null ? "" : JSON.stringify(checked)} spec={checked} />
        </div>
      </div>
    </Page>
  );
}
