import type { GenerationSummary } from "@loramill/contracts";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type ChangeEvent, useId, useMemo } from "react";
import { Link } from "wouter";
import { useClient } from "../../api/client.tsx";
import { useKeptUrls } from "../../api/kept-urls.ts";
import { usePages } from "../../api/use-pages.ts";
import { formatSeconds } from "../../lib/format.ts";
import { Button } from "../../ui/button.tsx";
import { Empty } from "../../ui/empty.tsx";
import { type Fact, Facts } from "../../ui/facts.tsx";
import { Gallery } from "../../ui/gallery.tsx";
import { Paged } from "../../ui/paged.tsx";
import { keepFiles } from "../generations/keep-files.ts";
import type { LoraPartProps } from "./lora-part-props.ts";
import { useChangeLora } from "./use-change-lora.ts";

/** What was drawn with a LoRA, newest first; one of them, or a picture of this device, becomes its cover. */
export function PreviewsView({ lora, name, project }: LoraPartProps) {
  const client = useClient();
  const queries = useQueryClient();
  const { keep, forget } = useKeptUrls();
  const input = useId();
  const pages = usePages({
    key: ["generations", { lora: lora.id, project }],
    fetch: (page) =>
      client.generations.list({ ...page, lora: lora.id, limit: 48, ...(project === undefined ? {} : { project }) }),
  });
  const change = useChangeLora(name, project);
  const setCover = (body: Blob, fileName: string) =>
    change.mutate({
      change: (loras) => loras.setCover(lora.id, { body, fileName }, { project }),
      done: "It has another cover",
    });
  const take = useMutation({
    mutationFn: async ({ file, id }: GenerationSummary) => {
      const bytes = await client.download(file.url);
      setCover(new Blob([bytes as Uint8Array<ArrayBuffer>], { type: file.mediaType }), id);
    },
  });
  const choose = (event: ChangeEvent<HTMLInputElement>) => {
    const [picture] = event.target.files ?? [];
    if (picture) setCover(picture, picture.name);
  };
  const items = useMemo(() => keepFiles(pages.items, keep), [keep, pages.items]);
  return (
    <div className="stack">
      <div className="row">
        <label className="button button-small" htmlFor={input}>
          Choose a cover of this device
        </label>
        <input id={input} className="visually-hidden" type="file" accept="image/*" onChange={choose} />
        {lora.coverUrl !== null && (
          <Button
            small
            kind="plain"
            busy={change.isPending}
            onClick={() =>
              change.mutate({
                change: (loras) => loras.change(lora.id, { cover: null }, { project }),
                done: "It has no cover",
              })
            }
          >
            Take the cover away
          </Button>
        )}
      </div>
      <Paged
        pages={{ ...pages, items }}
        lines={5}
        empty={
          <Empty icon="picture" title="Nothing was drawn with it yet">
            Pictures and clips of all runs that use it appear here.
          </Empty>
        }
      >
        {(drawn) => (
          <Gallery
            onExpired={() => {
              forget();
              void queries.invalidateQueries({ queryKey: ["generations", { lora: lora.id, project }] });
            }}
            items={drawn.map((picture) => ({
              id: picture.id,
              url: picture.file.url,
              name: picture.prompt || picture.kind,
              mediaType: picture.file.mediaType,
              caption: picture.prompt,
              details: (
                <div className="stack-tight">
                  <Facts facts={factsOf(picture)} />
                  {picture.file.mediaType.startsWith("image/") && (
                    <div>
                      <Button small busy={take.isPending || change.isPending} onClick={() => take.mutate(picture)}>
                        Make it the cover
                      </Button>
                    </div>
                  )}
                </div>
              ),
            }))}
          />
        )}
      </Paged>
    </div>
  );
}

const factsOf = (picture: GenerationSummary): Fact[] => [
  ["Prompt", picture.prompt],
  ["Without", picture.negativePrompt],
  ["LoRAs", picture.loras.map(({ name, strength }) => `${name} × ${strength}`).join(", ")],
  ["Seed", picture.seed],
  ["Steps", picture.steps],
  ["Guidance", picture.guidance],
  ["Size", `${picture.width} × ${picture.height}`],
  ["Drawn by", picture.backend],
  ["Took", formatSeconds(picture.seconds)],
  [
    "Run",
    <Link key="run" href={`/runs/${picture.run}`}>
      the run that drew it
    </Link>,
  ],
];
