import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useClient } from "../../api/client.tsx";
import { useProject } from "../../api/project.ts";
import { useSearchState } from "../../lib/use-search-state.ts";
import { ButtonLink } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { Empty } from "../../ui/empty.tsx";
import { Loaded } from "../../ui/loaded.tsx";
import { Page } from "../../ui/page.tsx";
import { loraNames } from "../generations/lora-names.ts";
import { GenerateFields } from "./generate-fields.tsx";
import { emptyForm, formOfGeneration, type GenerateForm, promptsOf, specOfGenerateForm } from "./generate-form.ts";
import styles from "./generate-page.module.css";
import { QuoteCard } from "./quote-card.tsx";
import { RunResults } from "./run-results.tsx";

/** Pictures from a prompt: everything is chosen, recommended and edited, or given; what comes out is shown beside it. */
export function GeneratePage() {
  const [again] = useSearchState("again");
  return (
    <Page
      title="Generate"
      about="Say what to draw. LoRAs and parameters are chosen with reasons, recommended for you to edit, or yours alone."
      actions={<ButtonLink href="/generations">All pictures and clips</ButtonLink>}
    >
      {again === "" ? <Workbench start={emptyForm} /> : <Again key={again} id={again} />}
    </Page>
  );
}

/** With the settings of a picture that was made before. */
function Again({ id }: { readonly id: string }) {
  const client = useClient();
  const query = useQuery({
    queryKey: ["form-of-generation", id],
    queryFn: async ({ signal }) => {
      const generation = await client.generations.get(id, signal);
      const spec = generation.record?.spec;
      const model = spec && "prompt" in spec ? spec.model : undefined;
      const { family, variant } = model ?? {};
      const names = await loraNames(client, generation.loras, { project: generation.project, signal });
      return formOfGeneration(
        generation,
        { ...(family === undefined ? {} : { family }), ...(variant === undefined ? {} : { variant }) },
        names,
      );
    },
    staleTime: Number.POSITIVE_INFINITY,
  });
  return <Loaded query={query}>{(form) => <Workbench start={form} />}</Loaded>;
}

function Workbench({ start }: { readonly start: GenerateForm }) {
  const project = useProject();
  const [form, setForm] = useState(start);
  const [run, setRun] = useSearchState("made");
  const spec = promptsOf(form).length === 0 ? null : specOfGenerateForm(form, project);
  return (
    <div className={styles.workbench}>
      <Card>
        <div className="stack">
          <GenerateFields form={form} onChange={setForm} />
          <QuoteCard spec={spec} label="Generate" onStarted={({ id }) => setRun(id)} />
        </div>
      </Card>
      {run === "" ? (
        <Empty icon="generate" title="Pictures appear here as they are drawn">
          Several seeds, strengths or parameters make a grid. Rate what you see: stars teach what is chosen next.
        </Empty>
      ) : (
        <RunResults key={run} id={run} />
      )}
    </div>
  );
}
