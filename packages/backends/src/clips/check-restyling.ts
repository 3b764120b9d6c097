import type { GenerationBackend, SpecIssue } from "@loramill/contracts";
import { families, findFamily } from "@loramill/graphs";
import { frameSpec } from "./frame-spec.ts";
import { pieceLength, type RestyleSpec } from "./restyle-chunks.ts";

/** Families that draw a frame as a picture over a picture. */
const PICTURE_FAMILIES: ReadonlySet<string> = new Set(
  families.flatMap(({ name, frameStep, kinds }) => (frameStep === null && "restyle-clip" in kinds ? name : [])),
);

/** What is wrong with a clip that is to be drawn anew: of its frames, or of its pieces where the model packs frames. */
export function checkRestyling(
  spec: RestyleSpec,
  inner: Pick<GenerationBackend, "name" | "capabilities" | "validate">,
  packed: number | null,
): readonly SpecIssue[] {
  if (packed !== null) {
    const chunkFrames = pieceLength(spec, packed);
    const message = `the model packs ${packed} frames into one: pieces of ${chunkFrames} are drawn`;
    const rounded = { field: "chunkFrames", severity: "warning", message } as const;
    return [...inner.validate({ ...spec, chunkFrames }), ...(chunkFrames === spec.chunkFrames ? [] : [rounded])];
  }
  if ((findFamily(spec)?.frameStep ?? null) === null) return inner.validate(frameSpec(spec, spec));
  const own = inner.capabilities.families.filter((family) => PICTURE_FAMILIES.has(family));
  const instead = [...(own.length === 0 ? [] : [own.join(", ")]), "the backend comfyui for wan22"].join(", or ");
  const message = `${inner.name} draws a clip anew frame by frame, which a model of clips cannot: take ${instead}`;
  return [{ field: "model.family", severity: "error", message }];
}
