import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { useClient } from "../../api/client.tsx";
import { useKeptUrls } from "../../api/kept-urls.ts";
import { useProjectFilter } from "../../api/project.ts";
import { usePages } from "../../api/use-pages.ts";
import { useSearchState } from "../../lib/use-search-state.ts";
import { Button, ButtonLink } from "../../ui/button.tsx";
import { Empty } from "../../ui/empty.tsx";
import { type Choice, Filter } from "../../ui/field.tsx";
import { Page } from "../../ui/page.tsx";
import { Paged } from "../../ui/paged.tsx";
import { keepFiles } from "./keep-files.ts";
import { Lightbox } from "./lightbox.tsx";
import { Thumbnail } from "./thumbnail.tsx";

const REFRESH_MS = 5_000;
const KINDS: readonly Choice[] = [
  ["", "All kinds"],
  ...[
    "text-to-image",
    "image-to-image",
    "inpaint",
    "upscale",
    "text-to-video",
    "image-to-video",
    "restyle-clip",
    "interpolate",
    "smooth-clip",
  ].map((kind): Choice => [kind, kind]),
];

/** All that was ever made: newest first, by LoRA, kind and run. */
export function GenerationsPage() {
  const client = useClient();
  const project = useProjectFilter();
  const [lora, setLora] = useSearchState("lora");
  const [kind, setKind] = useSearchState("kind");
  const [run, setRun] = useSearchState("run");
  const [open, setOpen] = useState<string | null>(null);
  const query = { ...project, ...(lora ? { lora } : {}), ...(kind ? { kind } : {}), ...(run ? { run } : {}) };
  const pages = usePages({
    key: ["generations", query],
    fetch: (page) => client.generations.list({ ...page, ...query, limit: 60 }),
    everyMs: REFRESH_MS,
  });
  const { keep, forget } = useKeptUrls();
  const items = useMemo(() => keepFiles(pages.items, keep), [pages.items, keep]);
  const loras = useLoraChoices(lora);
  return (
    <Page
      title="Pictures and clips"
      about="Everything that was generated, with all that is known of it. Stars teach what is recommended next."
      actions={
        <>
          {run && (
            <>
              <ButtonLink href={`/runs/${run}`}>Their run</ButtonLink>
              <Button icon="close" onClick={() => setRun("")}>
                Of one run
              </Button>
            </>
          )}
          <Filter label="LoRA" choices={loras} value={lora} onChange={setLora} />
          <Filter label="Kind" choices={KINDS} value={kind} onChange={setKind} />
          <ButtonLink href="/generate" kind="primary" icon="plus">
            Generate
          </ButtonLink>
        </>
      }
    >
      <Paged
        pages={{ ...pages, items }}
        empty={
          <Empty icon="picture" title={lora || kind || run ? "Nothing is like that" : "Nothing was generated yet"}>
            Pictures and clips of all runs appear here as they are made.
          </Empty>
        }
      >
        {(made) => (
          <div className="gallery">
            {made.map((each) => (
              <Thumbnail
                key={each.id}
                generation={each}
                caption={each.prompt || each.kind}
                onOpen={setOpen}
                onExpired={forget}
              />
            ))}
          </div>
        )}
      </Paged>
      <Lightbox items={items} open={open} onOpen={setOpen} onExpired={forget} />
    </Page>
  );
}

/** Names of the library; and the chosen one, which a link may name otherwise. */
function useLoraChoices(chosen: string): readonly Choice[] {
  const client = useClient();
  const project = useProjectFilter();
  const { data } = useQuery({
    queryKey: ["loras", "names", project],
    queryFn: ({ signal }) => client.loras.list({ ...project, limit: 200, signal }),
  });
  const names = new Set([...(data?.items.map(({ name }) => name) ?? []), ...(chosen ? [chosen] : [])]);
  return [["", "All LoRAs"], ...[...names].sort().map((name): Choice => [name, name])];
}
