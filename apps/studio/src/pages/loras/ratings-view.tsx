import type { LoraRating } from "@loramill/contracts";
import { type FormEvent, useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Empty } from "../../ui/empty.tsx";
import { SelectField, TextField } from "../../ui/field.tsx";
import { type Column, Table } from "../../ui/table.tsx";
import { TimeAgo } from "../../ui/time-ago.tsx";
import type { LoraPartProps } from "./lora-part-props.ts";
import { useChangeLora } from "./use-change-lora.ts";

/** What each person thinks of a LoRA; a second rating replaces the first. */
export function RatingsView({ lora, name, project }: LoraPartProps) {
  const change = useChangeLora(name, project);
  const [stars, setStars] = useState("5");
  const [comment, setComment] = useState("");
  const rate = (event: FormEvent) => {
    event.preventDefault();
    change.mutate({
      change: (loras) => loras.rate(lora.id, { stars: Number(stars), comment }, { project }),
      done: "Your rating is kept",
    });
  };
  return (
    <div className="stack">
      {lora.ratings.length === 0 ? (
        <Empty icon="star" title="Nobody has rated it yet">
          Ratings help to choose LoRAs for prompts.
        </Empty>
      ) : (
        <Table label="Ratings" columns={COLUMNS} rows={lora.ratings} rowKey={({ by }) => by} />
      )}
      <form className="row row-fields" onSubmit={rate}>
        <SelectField
          label="Stars"
          choices={["5", "4", "3", "2", "1"].map((n) => [n, "★".repeat(Number(n))])}
          value={stars}
          onChange={setStars}
        />
        <TextField label="Why" value={comment} maxLength={2_000} onChange={setComment} />
        <Button type="submit" icon="star" busy={change.isPending}>
          Rate
        </Button>
      </form>
    </div>
  );
}

const COLUMNS: readonly Column<LoraRating>[] = [
  { name: "By", main: true, cell: ({ by }) => by },
  { name: "Stars", cell: ({ stars }) => <span title={`${stars} of 5`}>{"★".repeat(stars)}</span> },
  { name: "Why", cell: ({ comment }) => comment },
  { name: "When", end: true, cell: ({ at }) => <TimeAgo at={at} /> },
];
