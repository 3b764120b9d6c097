import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import { useClient } from "../../api/client.tsx";
import { Badge } from "../../ui/badge.tsx";
import { Card } from "../../ui/card.tsx";
import { CopyButton } from "../../ui/copy-button.tsx";
import { DigestText } from "../../ui/digest-text.tsx";
import { Facts } from "../../ui/facts.tsx";
import { Loaded } from "../../ui/loaded.tsx";
import { Page } from "../../ui/page.tsx";
import { Picture } from "../../ui/picture.tsx";
import { ExplanationPanel } from "../generate/explanation-panel.tsx";
import type { PageProps } from "../page-props.ts";
import { GenerationActions } from "./generation-actions.tsx";
import { GenerationFacts } from "./generation-facts.tsx";
import { StarRating } from "./star-rating.tsx";

/** One picture or clip: how it was made and why, what people think of it, and its whole record. */
export function GenerationPage({ params }: PageProps) {
  const client = useClient();
  const id = params.generation ?? "";
  const query = useQuery({
    queryKey: ["generation", id],
    queryFn: ({ signal }) => client.generations.get(id, signal),
    // Its link would differ, and the picture be loaded again.
    staleTime: 60_000,
  });
  const generation = query.data;
  return (
    <Page
      title={generation ? generation.prompt || generation.kind : "Generation"}
      crumb={{ href: "/generations", label: "Pictures and clips" }}
      badge={generation && <Badge>{generation.kind}</Badge>}
      about={
        generation && (
          <>
            Part of <Link href={`/runs/${generation.run}`}>its run</Link>;{" "}
            <Link href={`/generations?${new URLSearchParams({ run: generation.run })}`}>all that it made</Link>.
          </>
        )
      }
      actions={generation && <GenerationActions generation={generation} />}
    >
      <Loaded query={query} lines={10}>
        {(whole) => (
          <>
            <div className="columns">
              <Picture
                large
                url={whole.file.url}
                alt={whole.prompt || whole.kind}
                mediaType={whole.file.mediaType}
                onExpired={() => void query.refetch()}
              />
              <div className="stack">
                <Card title="What do you think of it?">
                  <StarRating generation={whole} keys />
                </Card>
                <Card title="How it was made">
                  <GenerationFacts generation={whole} />
                </Card>
                <Card title="Hashes">
                  <Facts
                    facts={[
                      ["File", <DigestText key="file" digest={whole.file.digest} />],
                      ...whole.loras.flatMap(
                        ({ name, sha256, tensorsSha256 }) =>
                          [
                            [`LoRA ${name}`, <DigestText key={sha256} digest={sha256} />],
                            [`Tensors of ${name}`, <DigestText key={tensorsSha256} digest={tensorsSha256} />],
                          ] as const,
                      ),
                      ["Choice", whole.record?.choice && <DigestText key="choice" digest={whole.record.choice} />],
                      ["Graph", whole.record?.graph && <DigestText key="graph" digest={whole.record.graph.sha256} />],
                    ]}
                  />
                </Card>
              </div>
            </div>
            {whole.record?.choice && <Explanation id={whole.id} />}
            <Record value={whole.record} />
          </>
        )}
      </Loaded>
    </Page>
  );
}

function Explanation({ id }: { readonly id: string }) {
  const client = useClient();
  const query = useQuery({
    queryKey: ["generation-explanation", id],
    queryFn: ({ signal }) => client.intelligence.explanation(id, signal),
    staleTime: Number.POSITIVE_INFINITY,
  });
  return <Loaded query={query}>{(explanation) => <ExplanationPanel explanation={explanation} />}</Loaded>;
}

function Record({ value }: { readonly value: object | null }) {
  const text = JSON.stringify(value, null, 2);
  return (
    <Card title="Record" actions={<CopyButton text={text} />}>
      {value === null ? (
        <p className="muted">It was made before records were kept.</p>
      ) : (
        <details>
          <summary>All that is known of it, as it stands in the file and the catalog</summary>
          <pre className="log">{text}</pre>
        </details>
      )}
    </Card>
  );
}
