import type { RunSpecInput, SpecProblem } from "@loramill/contracts";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useProject } from "../../api/project.ts";
import { fieldsOf } from "../../lib/fields-of.ts";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { TextArea, TextField } from "../../ui/field.tsx";
import { ProblemNotice } from "../../ui/problem-notice.tsx";
import { checkSpec } from "./check-spec.ts";
import { hasPictures, nameOfPictures, noPictures } from "./picture-source.ts";
import { PictureSourceFields } from "./picture-source-fields.tsx";
import { specOfForm } from "./spec-of-form.ts";
import { SpecProblems } from "./spec-problems.tsx";
import { useSendPictures } from "./use-send-pictures.ts";

const EMPTY = { name: "", triggerWord: "", className: "", prompts: "", budgetUsd: "" };

/** A few fields instead of a spec; pictures lie in a folder of the mill's machine, or are sent there. */
export function PicturesFormView({
  onChange,
  onCheck,
  onEdit,
}: {
  readonly onChange: () => void;
  readonly onCheck: (spec: RunSpecInput) => void;
  readonly onEdit: (spec: RunSpecInput) => void;
}) {
  const project = useProject() ?? "";
  const { send, progress } = useSendPictures();
  const [pictures, setPictures] = useState(noPictures);
  const [fields, setFields] = useState(EMPTY);
  const [problems, setProblems] = useState<readonly SpecProblem[]>([]);
  const change = (part: Partial<typeof EMPTY>) => {
    setFields({ ...fields, ...part });
    onChange();
  };
  const field = fieldsOf(fields, change);
  const suggested = nameOfPictures(pictures);
  const prepare = useMutation({
    mutationFn: async () => {
      const source = await send(pictures);
      return specOfForm({ ...fields, source, project, name: fields.name || suggested || "pictures" });
    },
    meta: { toldInPlace: true },
  });
  const go = async (then: (spec: RunSpecInput) => void) => {
    const spec = await prepare.mutateAsync();
    const found = checkSpec(spec);
    setProblems(found);
    if (found.length === 0) then(spec);
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    go(onCheck).catch(() => undefined);
  };
  const isReady = hasPictures(pictures);
  return (
    <Card title="Pictures">
      <form className="stack" onSubmit={submit}>
        <PictureSourceFields
          ways={["folder", "upload"]}
          pictures={pictures}
          progress={progress}
          onChange={(next) => {
            setPictures(next);
            onChange();
          }}
        />
        <TextField
          label="Trigger word"
          placeholder="sks dog"
          {...field("triggerWord")}
          hint="Comes first in every caption; prompts with it call the subject."
        />
        <TextField
          label="What it is"
          placeholder="dog"
          {...field("className")}
          hint="The kind of thing that the pictures show."
        />
        <TextField
          label="Name"
          placeholder={suggested || "my-dog"}
          {...field("name")}
          hint="Of the run and its LoRA; left empty, the folder's."
        />
        <TextArea
          label="Prompts"
          rows={3}
          placeholder={`a photo of ${fields.triggerWord || "sks dog"}`}
          {...field("prompts")}
          hint="One a line. Each is drawn four times, without and with the LoRA."
        />
        <TextField
          label="Budget in US dollars"
          type="number"
          min={0}
          step="any"
          {...field("budgetUsd")}
          hint="A hard limit; left empty, there is none. Work on the mill's own machine is free."
        />
        <SpecProblems title="This cannot be run" problems={problems} />
        {prepare.error && <ProblemNotice error={prepare.error} />}
        <div className="row">
          <Button kind="primary" type="submit" icon="check" busy={prepare.isPending} disabled={!isReady}>
            Show plan and price
          </Button>
          <Button
            kind="plain"
            icon="edit"
            disabled={!isReady || prepare.isPending}
            onClick={() => go(onEdit).catch(() => undefined)}
          >
            Edit as a spec
          </Button>
        </div>
      </form>
    </Card>
  );
}
