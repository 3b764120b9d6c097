import type { Catalog, GenerationRating } from "@loramill/catalog";
import type { ProjectId } from "@loramill/contracts";
import { analysePrompt, type RatingEvent, type Stars } from "@loramill/intelligence";

/** Every rating of a project that stands and came after the one of that number, oldest first. */
export async function readRatings(
  { generationRatings }: Pick<Catalog, "generationRatings">,
  project: ProjectId,
  after: number,
): Promise<RatingEvent[]> {
  const events: RatingEvent[] = [];
  for (let from = after; ; ) {
    const rows = await generationRatings.list({ project, after: from });
    events.push(...rows.map(toEvent));
    const last = rows.at(-1);
    if (last === undefined) return events;
    from = last.id;
  }
}

function toEvent(row: GenerationRating): RatingEvent {
  const { id, manifest, rater, stars, comment, batch, arm, createdAt, steps, guidance, loras } = row;
  const family = row.modelFamily ?? row.families[0] ?? "unknown";
  const [subject] = analysePrompt({ prompt: row.prompt, negativePrompt: "" }).subject;
  return {
    // As text in the order of the numbers.
    id: String(id).padStart(16, "0"),
    manifest,
    rater,
    stars: stars as Stars,
    comment,
    at: createdAt.getTime(),
    batch,
    arm,
    choice: {
      loras: loras.map(({ name }) => name),
      strengths: loras.map(({ strength }) => strength),
      family,
      subject: subject?.value ?? "other",
      steps,
      guidance,
    },
  };
}
