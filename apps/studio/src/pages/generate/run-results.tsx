import { type GenerationSummary, isFinal, type RunView } from "@loramill/contracts";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { useClient } from "../../api/client.tsx";
import { saveUrl } from "../../lib/save-file.ts";
import { useSearchState } from "../../lib/use-search-state.ts";
import { Button, ButtonLink } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { Filter } from "../../ui/field.tsx";
import { Loaded } from "../../ui/loaded.tsx";
import { Picture } from "../../ui/picture.tsx";
import { Notice, ProblemNotice } from "../../ui/problem-notice.tsx";
import { Progress } from "../../ui/progress.tsx";
import { StateBadge } from "../../ui/state-badge.tsx";
import { fileNameOf } from "../generations/file-name.ts";
import { GenerationActions } from "../generations/generation-actions.tsx";
import { GenerationFacts } from "../generations/generation-facts.tsx";
import { Lightbox } from "../generations/lightbox.tsx";
import { StarRating } from "../generations/star-rating.tsx";
import { Thumbnail } from "../generations/thumbnail.tsx";
import { shareOfRun } from "../runs/tell-step.ts";
import { useArtifacts } from "../runs/use-artifacts.ts";
import { useRunFeed } from "../runs/use-run-feed.ts";
import { layOutGrid } from "./lay-out-grid.ts";
import { ResultGrid, Waiting } from "./result-grid.tsx";
import { RunExplanation } from "./run-explanation.tsx";
import { usePreviews } from "./use-previews.ts";
import { useGrid, useResults } from "./use-results.ts";

/** What a run generates, as it comes: a labelled grid where something varies, and why it is so. */
export function RunResults({ id }: { readonly id: string }) {
  const { run, error } = useRunFeed(id);
  const top = useRef<HTMLDivElement>(null);
  useEffect(() => {
    // In a narrow window they are below the form; in a wide one its end may be what is seen.
    top.current?.scrollIntoView({ block: "nearest" });
  }, []);
  return (
    <div>
      <div ref={top} />
      <Loaded query={{ data: run, error }}>{(known) => <Results run={known} />}</Loaded>
    </div>
  );
}

function Results({ run }: { readonly run: RunView }) {
  const queries = useQueryClient();
  const results = useResults(run);
  const artifacts = useArtifacts(run);
  const previews = usePreviews(run);
  const grid = useGrid(run.id);
  const [inColumns, setInColumns] = useSearchState("columns");
  const [open, setOpen] = useState<string | null>(null);
  const isOver = isFinal("run", run.state);
  useEffect(() => {
    // The library has new ones.
    if (isOver) void queries.invalidateQueries({ queryKey: ["generations"] });
  }, [queries, isOver]);
  const layout = grid && layOutGrid(grid, inColumns);
  const only = isOver && results.items.length === 1 ? results.items[0] : undefined;
  const waiting = isOver ? [] : [...previews].filter(([item]) => !results.items.some(({ index }) => index === item));
  return (
    <div className="stack">
      <Card
        title={run.name}
        actions={
          <span className="row">
            {layout && layout.choices.length > 1 && (
              <Filter
                label="Columns"
                choices={layout.choices.map((name) => [name, `columns: ${name}`])}
                value={inColumns || (layout.choices[0] ?? "")}
                onChange={setInColumns}
              />
            )}
            {isOver && results.items.length > 1 && <SaveAll items={results.items} />}
            {!isOver && <CancelButton run={run} />}
            <StateBadge state={run.state} />
            <ButtonLink small href={`/runs/${run.id}`}>
              Its run
            </ButtonLink>
          </span>
        }
      >
        <div className="stack">
          {!isOver && <Progress share={shareOfRun(run.steps)} label={`Progress of ${run.name}`} />}
          {run.error && <Notice tone="red">{run.error.message}</Notice>}
          {results.error !== null && <ProblemNotice error={results.error} />}
          {artifacts.refused.length > 0 && (
            <Notice tone="amber" title={`${artifacts.refused.length} were not made`}>
              <ul>
                {artifacts.refused.map(({ path, message }) => (
                  <li key={path}>
                    {path}: {message}
                  </li>
                ))}
              </ul>
            </Notice>
          )}
          {only ? (
            <SingleResult generation={only} onExpired={results.renew} />
          ) : layout ? (
            <ResultGrid
              layout={layout}
              items={new Map(results.items.map((item) => [item.index, item]))}
              previews={previews}
              isOver={isOver}
              onOpen={setOpen}
              onExpired={results.renew}
            />
          ) : (
            <div className="gallery">
              {results.items.map((item) => (
                <Thumbnail key={item.id} generation={item} onOpen={setOpen} onExpired={results.renew} />
              ))}
              {waiting.map(([item, url]) => (
                <Waiting key={item} preview={url} isOver={false} />
              ))}
              {!isOver && results.items.length + waiting.length === 0 && <Waiting preview={undefined} isOver={false} />}
            </div>
          )}
        </div>
      </Card>
      <RunExplanation generation={results.items[0]} artifacts={artifacts.items} />
      <Lightbox items={results.items} open={open} onOpen={setOpen} onExpired={results.renew} />
    </div>
  );
}

function CancelButton({ run }: { readonly run: RunView }) {
  const client = useClient();
  const cancel = useMutation({ mutationFn: () => client.cancelRun(run.id) });
  return (
    <Button small icon="stop" busy={cancel.isPending || run.cancelRequested} onClick={() => cancel.mutate()}>
      Cancel
    </Button>
  );
}

/** One picture or clip alone is shown large at once. */
function SingleResult({
  generation,
  onExpired,
}: {
  readonly generation: GenerationSummary;
  readonly onExpired: () => void;
}) {
  const { prompt, kind, file } = generation;
  return (
    <>
      <Picture large url={file.url} alt={prompt || kind} mediaType={file.mediaType} onExpired={onExpired} />
      <StarRating generation={generation} />
      <GenerationFacts generation={generation} />
      <GenerationActions generation={generation} />
    </>
  );
}

/** Browsers ask once whether a page may save several files. */
function SaveAll({ items }: { readonly items: readonly GenerationSummary[] }) {
  const save = () => {
    for (const item of items) saveUrl(item.file.url, fileNameOf(item));
  };
  return (
    <Button small icon="download" onClick={save}>
      Save all
    </Button>
  );
}
