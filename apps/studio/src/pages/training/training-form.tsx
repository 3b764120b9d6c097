import { RunSpec, type RunSpecInput, type SpecProblem, specProblems } from "@loramill/contracts";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useClient } from "../../api/client.tsx";
import { useProjectFilter } from "../../api/project.ts";
import { uploadFiles } from "../../api/upload-files.ts";
import { formatBytes } from "../../lib/format.ts";
import { useSearchState } from "../../lib/use-search-state.ts";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { type Choice, SelectField, TextField } from "../../ui/field.tsx";
import { Loaded } from "../../ui/loaded.tsx";
import { Notice, ProblemNotice } from "../../ui/problem-notice.tsx";
import { nameOfFolder } from "../runs/spec-of-form.ts";
import { RecipeForm } from "./recipe-form.tsx";
import { SaveRecipe } from "./save-recipe.tsx";
import { type Pictures, SourceFields } from "./source-fields.tsx";
import { backends, specOfTraining, type TrainingForm, type TypedRecipe } from "./spec-of-training.ts";
import { useRecipes } from "./use-recipes.ts";

const BACKENDS: readonly Choice[] = [
  ["auto", "the first that is there for the family"],
  ["pocket", "pocket: this machine's CPU"],
  ["comfyui", "ComfyUI"],
  ["replicate", "Replicate"],
  ["agent", "agent: a GPU of one's own, or a rented one"],
];

/** Pictures, a recipe and where it is trained; what is wrong is told field by field. */
export function TrainingFormView({
  onChange,
  onCheck,
}: {
  readonly onChange: () => void;
  readonly onCheck: (spec: RunSpecInput) => void;
}) {
  const client = useClient();
  const { project } = useProjectFilter();
  const recipes = useRecipes(project);
  const [preset, setPreset] = useSearchState("preset", "pocket");
  const [asked] = useSearchState("dataset");
  const [pictures, setPictures] = useState<Pictures>({ from: "dataset", dataset: asked, path: "", files: [] });
  const [typed, setTyped] = useState<TypedRecipe>({});
  const [rest, setRest] = useState({
    name: "",
    triggerWord: "",
    className: "",
    backend: "auto",
    gpu: "",
    budgetUsd: "",
  });
  const [sent, setSent] = useState(0);
  const [problems, setProblems] = useState<readonly SpecProblem[]>([]);
  const change = (part: Partial<typeof rest>) => {
    setRest({ ...rest, ...part });
    onChange();
  };
  const suggested = suggestedName(pictures);
  const prepare = useMutation({
    mutationFn: async () => {
      const source = await sourceOf(pictures, async (files) => {
        const { listing } = await uploadFiles(client, files, { onProgress: ({ sentBytes }) => setSent(sentBytes) });
        return listing;
      });
      const backend = backends.find((each) => each === rest.backend) ?? "auto";
      return specOfTraining(
        { ...rest, backend, source, preset, recipe: typed, name: rest.name || suggested || "training" },
        project,
      );
    },
    onSuccess: (spec) => {
      const parsed = RunSpec.safeParse(spec, { reportInput: true });
      setProblems(parsed.success ? [] : specProblems(parsed.error.issues, { schema: RunSpec }));
      if (parsed.success) onCheck(spec);
    },
    meta: { toldInPlace: true },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    prepare.mutate();
  };
  const text = (field: keyof typeof rest) => ({
    value: rest[field],
    onChange: (value: string) => change({ [field]: value }),
  });
  return (
    <form className="stack" noValidate onSubmit={submit}>
      <Card title="Pictures">
        <SourceFields
          pictures={pictures}
          onChange={(next) => {
            setPictures(next);
            onChange();
          }}
        />
      </Card>
      <Card title="Subject">
        <div className="stack">
          <TextField
            label="Trigger word"
            placeholder="sks dog"
            {...text("triggerWord")}
            hint="Comes first in every caption; prompts with it call the LoRA."
          />
          <TextField
            label="What it is"
            placeholder="dog"
            {...text("className")}
            hint="The kind of thing that the pictures show. Pictures without a caption get one."
          />
          <TextField
            label="Name"
            placeholder={suggested || "my-dog"}
            {...text("name")}
            hint="Of the run and its LoRA."
          />
        </div>
      </Card>
      <Card title="Where, and for how much">
        <div className="stack">
          <SelectField label="Backend" choices={BACKENDS} {...text("backend")} />
          <GpuField {...text("gpu")} />
          <TextField
            label="Budget in US dollars"
            type="number"
            min={0}
            step="any"
            {...text("budgetUsd")}
            hint="A hard limit; left empty, there is none."
          />
        </div>
      </Card>
      <Card title="Recipe">
        <Loaded query={recipes}>
          {(known) => {
            const chosen = known.find(({ name }) => name === preset) ?? known[0];
            return (
              <div className="stack">
                <SelectField
                  label="Preset or saved recipe"
                  choices={known.map(({ name, isSaved }) => [name, isSaved ? `${name} (saved)` : name])}
                  value={chosen?.name ?? ""}
                  hint={chosen?.summary}
                  onChange={(next) => {
                    setPreset(next);
                    setTyped({});
                    onChange();
                  }}
                />
                {chosen && (
                  <>
                    <RecipeForm
                      template={chosen.recipe}
                      preset={chosen.isSaved ? undefined : chosen.name}
                      typed={typed}
                      onChange={(next) => {
                        setTyped(next);
                        onChange();
                      }}
                    />
                    <SaveRecipe template={chosen.recipe} typed={typed} project={project} />
                  </>
                )}
              </div>
            );
          }}
        </Loaded>
      </Card>
      {problems.length > 0 && (
        <Notice tone="red" title="This cannot be trained">
          {problems.map(({ field, message }) => (
            <p key={`${field} ${message}`}>
              <code>{field}</code> {message}
            </p>
          ))}
        </Notice>
      )}
      {prepare.error && <ProblemNotice error={prepare.error} />}
      <div className="row">
        <Button kind="primary" type="submit" icon="check" busy={prepare.isPending} disabled={!hasPictures(pictures)}>
          Show plan and price
        </Button>
        {prepare.isPending && pictures.from === "upload" && (
          <span className="muted number">{formatBytes(sent)} sent</span>
        )}
      </div>
    </form>
  );
}

function GpuField({ value, onChange }: { readonly value: string; readonly onChange: (value: string) => void }) {
  return (
    <TextField
      label="GPU to rent"
      placeholder="RTX4090"
      value={value}
      onChange={onChange}
      hint="Left empty, none is rented for it: the backend has its own."
    />
  );
}

const hasPictures = ({ from, dataset, path, files }: Pictures): boolean =>
  from === "dataset" ? dataset !== "" : from === "folder" ? path !== "" : files.length > 0;

const suggestedName = ({ from, dataset, path, files }: Pictures): string =>
  from === "dataset"
    ? (dataset.split("@")[0] ?? "")
    : nameOfFolder(from === "folder" ? path : (files[0]?.webkitRelativePath.split("/")[0] ?? ""));

async function sourceOf(
  { from, dataset, path, files }: Pictures,
  send: (files: readonly File[]) => Promise<string>,
): Promise<TrainingForm["source"]> {
  if (from === "dataset") return { type: "dataset", dataset };
  return from === "folder" ? { type: "folder", path } : { type: "upload", listing: await send(files) };
}
