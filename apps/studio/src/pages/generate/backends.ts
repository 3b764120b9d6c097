import { GenerateSpec } from "@loramill/contracts";
import type { Choice } from "../../ui/field.tsx";

/** Where pictures and clips can be made; the quote says what is not there and what to do. */
export const generationBackends: readonly Choice[] = GenerateSpec.shape.backend
  .unwrap()
  .options.map((name): Choice => [name, name === "auto" ? "The first that can" : name]);
