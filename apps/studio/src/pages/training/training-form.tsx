import type { RunSpecInput, SpecProblem } from "@loramill/contracts";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useProjectFilter } from "../../api/project.ts";
import { fieldsOf } from "../../lib/fields-of.ts";
import { useSearchState } from "../../lib/use-search-state.ts";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { type Choice, SelectField, TextField } from "../../ui/field.tsx";
import { Loaded } from "../../ui/loaded.tsx";
import { ProblemNotice } from "../../ui/problem-notice.tsx";
import { checkSpec } from "../runs/check-spec.ts";
import { hasPictures, nameOfPictures, noPictures, type PictureSource } from "../runs/picture-source.ts";
import { PictureSourceFields } from "../runs/picture-source-fields.tsx";
import { SpecProblems } from "../runs/spec-problems.tsx";
import { useSendPictures } from "../runs/use-send-pictures.ts";
import { RecipeForm } from "./recipe-form.tsx";
import { SaveRecipe } from "./save-recipe.tsx";
import { backends, specOfTraining, type TypedRecipe } from "./spec-of-training.ts";
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
  const { project } = useProjectFilter();
  const recipes = useRecipes(project);
  const [preset, setPreset] = useSearchState("preset", "pocket");
  const [asked] = useSearchState("dataset");
  const { send, progress } = useSendPictures();
  const [pictures, setPictures] = useState<PictureSource>({ ...noPictures, from: "dataset", dataset: asked });
  const [typed, setTyped] = useState<TypedRecipe>({});
  const [rest, setRest] = useState({
    name: "",
    triggerWord: "",
    className: "",
    backend: "auto",
    gpu: "",
    budgetUsd: "",
  });
  const [problems, setProblems] = useState<readonly SpecProblem[]>([]);
  const change = (part: Partial<typeof rest>) => {
    setRest({ ...rest, ...part });
    onChange();
  };
  const suggested = nameOfPictures(pictures);
  const prepare = useMutation({
    mutationFn: async () => {
      const source = await send(pictures);
      const backend = backends.find((each) => each === rest.backend) ?? "auto";
      return specOfTraining(
        { ...rest, backend, source, preset, recipe: typed, name: rest.name || suggested || "training" },
        project,
      );
    },
    onSuccess: (spec) => {
      const found = checkSpec(spec);
      setProblems(found);
      if (found.length === 0) onCheck(spec);
    },
    meta: { toldInPlace: true },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    prepare.mutate();
  };
  const field = fieldsOf(rest, change);
  return (
    <form className="stack" noValidate onSubmit={submit}>
      <Card title="Pictures">
        <PictureSourceFields
          ways={["dataset", "folder", "upload"]}
          pictures={pictures}
          progress={progress}
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
            {...field("triggerWord")}
            hint="Comes first in every caption; prompts with it call the LoRA."
          />
          <TextField
            label="What it is"
            placeholder="dog"
            {...field("className")}
            hint="The kind of thing that the pictures show. Pictures without a caption get one."
          />
          <TextField
            label="Name"
            placeholder={suggested || "my-dog"}
            {...field("name")}
            hint="Of the run and its LoRA."
          />
        </div>
      </Card>
      <Card title="Where, and for how much">
        <div className="stack">
          <SelectField label="Backend" choices={BACKENDS} {...field("backend")} />
          <TextField
            label="GPU to rent"
            placeholder="RTX4090"
            {...field("gpu")}
            hint="Left empty, none is rented for it: the backend has its own."
          />
          <TextField
            label="Budget in US dollars"
            type="number"
            min={0}
            step="any"
            {...field("budgetUsd")}
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
      <SpecProblems title="This cannot be trained" problems={problems} />
      {prepare.error && <ProblemNotice error={prepare.error} />}
      <div className="row">
        <Button kind="primary" type="submit" icon="check" busy={prepare.isPending} disabled={!hasPictures(pictures)}>
          Show plan and price
        </Button>
      </div>
    </form>
  );
}
