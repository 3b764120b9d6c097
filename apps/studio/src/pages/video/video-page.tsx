import { useState } from "react";
import { useProject } from "../../api/project.ts";
import { useSearchState } from "../../lib/use-search-state.ts";
import { ButtonLink } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { Empty } from "../../ui/empty.tsx";
import { Page } from "../../ui/page.tsx";
import styles from "../generate/generate-page.module.css";
import { QuoteCard } from "../generate/quote-card.tsx";
import { RunResults } from "../generate/run-results.tsx";
import { BackendsForKind } from "./backends-for-kind.tsx";
import { VideoFields } from "./video-fields.tsx";
import { emptyVideoForm, lackOf, specOfVideoForm, type VideoKind, videoKinds } from "./video-form.ts";

/** Clips: from words or pictures, drawn anew with a LoRA, with more frames, or with less flicker. */
export function VideoPage() {
  const project = useProject();
  const [asked, setKind] = useSearchState("kind", emptyVideoForm.kind);
  const [run, setRun] = useSearchState("made");
  const [fields, setFields] = useState(emptyVideoForm);
  const kind: VideoKind = videoKinds.find((each) => each === asked) ?? emptyVideoForm.kind;
  const form = { ...fields, kind };
  const lack = lackOf(form);
  return (
    <Page
      title="Video"
      about="Make clips from words and pictures, draw a clip anew with a LoRA, give it more frames, or take its flicker away."
      actions={<ButtonLink href="/generations">All pictures and clips</ButtonLink>}
    >
      <div className={styles.workbench}>
        <Card>
          <div className="stack">
            <VideoFields form={form} onKind={setKind} onChange={setFields} />
            {lack !== null && (
              <>
                <BackendsForKind kind={kind} />
                <p className="muted">{lack}</p>
              </>
            )}
            <QuoteCard
              spec={lack === null ? specOfVideoForm(form, project) : null}
              label="Make clip"
              onStarted={({ id }) => setRun(id)}
            />
          </div>
        </Card>
        {run === "" ? (
          <Empty icon="video" title="The clip appears here when it is done">
            It plays in the page, and is kept among all pictures and clips with everything that made it.
          </Empty>
        ) : (
          <RunResults key={run} id={run} />
        )}
      </div>
    </Page>
  );
}
