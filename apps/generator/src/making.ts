import type { BackendContext, GenerationBackend, InputOf, JobContext } from "@loramill/contracts";
import type { LoadedRequest } from "./generation-request.ts";
import type { LoraSettling } from "./loras/settle-loras.ts";
import type { PublishDeps } from "./publish-generations.ts";

export interface GeneratorDeps extends PublishDeps {
  readonly backends: readonly GenerationBackend[];
  readonly loras: Pick<LoraSettling, "limits" | "words">;
}

/** What the turns of one job work with. */
export interface Making {
  readonly input: InputOf<"generate-images">;
  readonly backend: GenerationBackend;
  readonly loaded: LoadedRequest;
  /** What the backend is told of the turn. */
  readonly context: BackendContext;
  readonly deps: GeneratorDeps;
  readonly ctx: JobContext;
}
