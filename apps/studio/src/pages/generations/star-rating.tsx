import type { GenerationSummary } from "@loramill/contracts";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useClient } from "../../api/client.tsx";
import { useKeys } from "../../lib/use-keys.ts";
import { STARS, Stars } from "../../ui/stars.tsx";
import { TimeAgo } from "../../ui/time-ago.tsx";

type Rated = Pick<GenerationSummary, "id" | "stars">;

/** One to five stars and a comment, each kept at once; where `keys` is set, the keys 1 to 5 rate as well. */
export function StarRating({ generation, keys = false }: { readonly generation: Rated; readonly keys?: boolean }) {
  const client = useClient();
  const queries = useQueryClient();
  const { id } = generation;
  const { data } = useQuery({
    queryKey: ["ratings", id],
    queryFn: ({ signal }) => client.intelligence.ratings({ generation: id, signal }),
  });
  const latest = data?.items.at(-1);
  const [comment, setComment] = useState<string | null>(null);
  const rate = useMutation({
    mutationFn: (given: { readonly stars: number; readonly comment: string }) => client.intelligence.rate(id, given),
    onSuccess: () =>
      Promise.all([
        queries.invalidateQueries({ queryKey: ["ratings", id] }),
        queries.invalidateQueries({ queryKey: ["generations"] }),
        queries.invalidateQueries({ queryKey: ["generation", id] }),
      ]),
  });
  const stars = rate.isPending ? rate.variables.stars : (latest?.stars ?? 0);
  const text = comment ?? latest?.comment ?? "";
  const give = (each: number) => rate.mutate({ stars: each, comment: text });
  useKeys(keys ? Object.fromEntries(STARS.map((each) => [`${each}`, () => give(each)])) : {});
  const keepComment = () => {
    if (stars > 0 && comment !== null && comment !== (latest?.comment ?? "")) rate.mutate({ stars, comment });
  };
  return (
    <div className="stack-tight">
      <div className="row">
        <Stars given={stars} onGive={give} />
        {keys && <span className="faint">keys 1 to 5</span>}
      </div>
      <input
        className="input"
        aria-label="Comment"
        placeholder={stars > 0 ? "Why? Kept with the stars" : "Stars first, then why"}
        maxLength={2000}
        disabled={stars === 0}
        value={text}
        onChange={(event) => setComment(event.target.value)}
        onBlur={keepComment}
        onKeyDown={(event) => {
          if (event.key === "Enter") keepComment();
        }}
      />
      {latest && (
        <span className="faint">
          {generation.stars && generation.stars.people > 1
            ? `${generation.stars.mean.toFixed(1)} of ${generation.stars.people} people · `
            : ""}
          kept, by {latest.by}, <TimeAgo at={latest.at} />
        </span>
      )}
    </div>
  );
}
