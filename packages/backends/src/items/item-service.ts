import type {
  BackendContext,
  Charge,
  GeneratedFile,
  GenerationRequestItem,
  JsonObject,
  PermanentError,
  TransientError,
  UserError,
} from "@loramill/contracts";

export type ServiceError = UserError | TransientError | PermanentError;

/** What a look at the work for one item finds. */
export type Look =
  | { readonly kind: "waiting" | "running" }
  /** `fetch` brings the encoded file; it works for as long as the service keeps results. */
  | {
      readonly kind: "succeeded";
      readonly fetch: (signal: AbortSignal) => Promise<Uint8Array>;
      readonly charge: Charge;
    }
  /** Also when it was stopped there. A TransientError is worth another try. */
  | { readonly kind: "failed"; readonly error: ServiceError; readonly charge: Charge | null }
  /** The service does not know it any more. */
  | { readonly kind: "gone" };

/** How the input of lost work is recognised: it may hold whole pictures, and is not kept itself. */
export interface SentInput {
  readonly askedAt: Date;
  /** Names of the fields that were sent, and the digest of them. */
  readonly keys: readonly string[];
  readonly digest: string;
  /** Work that is somebody's already. */
  readonly known: ReadonlySet<string>;
}

/** How a picture was drawn, where the spec leaves it open. */
export type Drawing = Pick<GeneratedFile, "sampler" | "steps" | "guidance" | "baseModel" | "pipeline">;

/** A service that makes one picture or clip for every request that it is paid for. */
export interface ItemService {
  /** What is sent for an item. UserError where it cannot be made, `lora-unloadable` with `details.lora` for a LoRA. */
  prepare(item: GenerationRequestItem, context: BackendContext): Promise<JsonObject>;
  /** Pays for one; answers its id. `work` is what a report of its end names. */
  start(
    input: JsonObject,
    request: { readonly item: GenerationRequestItem; readonly work: string; readonly signal: AbortSignal },
  ): Promise<string>;
  /** The work whose id was lost with the answer; null where there is none, or where the service cannot tell. */
  find(sent: SentInput, item: GenerationRequestItem, signal: AbortSignal): Promise<string | null>;
  look(id: string, item: GenerationRequestItem | null, signal: AbortSignal): Promise<Look>;
  stop(id: string, signal: AbortSignal): Promise<void>;
  describe(item: GenerationRequestItem): Promise<Drawing>;
}
