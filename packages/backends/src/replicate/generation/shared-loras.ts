import {
  blobKey,
  type Clock,
  type GenerationRequestItem,
  loraFiles,
  type Stores,
  UserError,
} from "@loramill/contracts";

/** A prediction may wait for a machine before it fetches. */
const SIGNED_SECONDS = 6 * 3600;

/** Addresses at which models fetch LoRAs of the store. */
export interface SharedLoras {
  /** UserError `lora-unloadable` where the store cannot be reached from outside. */
  addressOf(called: string, item: GenerationRequestItem): Promise<string>;
}

/** An address is handed out again for half of its life, so that a model that keeps LoRAs by address keeps this one. */
export function createSharedLoras({ objects }: Stores, clock: Clock): SharedLoras {
  const signed = new Map<string, { readonly address: string; readonly until: number }>();
  return {
    async addressOf(called, { loras }) {
      const lora = loras[called];
      if (lora === undefined) throw new TypeError(`the request lacks the LoRA ${called}`);
      if (loraFiles(lora).length > 1) {
        const message = `The LoRA ${lora.name} has a file for each of two experts, and models on Replicate take one file`;
        throw new UserError(message, { code: "lora-unloadable", details: { lora: called } });
      }
      const { sha256 } = lora.weights;
      const now = clock.now().getTime();
      const found = signed.get(sha256);
      if (found !== undefined && found.until > now) return found.address;
      const address = await objects.presign(blobKey(sha256), { method: "GET", expiresSeconds: SIGNED_SECONDS });
      if (address === null) {
        throw new UserError(
          `Replicate cannot fetch the LoRA ${lora.name}, because the store is not reached from outside: use S3, or set PUBLIC_URL`,
          { code: "lora-unloadable", details: { lora: called } },
        );
      }
      // Models tell by the end of an address that it is a LoRA; what stands behind # is not sent to the store.
      const named = `${address}#lora.safetensors`;
      signed.set(sha256, { address: named, until: now + (SIGNED_SECONDS / 2) * 1000 });
      if (signed.size > 1_000) signed.delete(signed.keys().next().value ?? "");
      return named;
    },
  };
}
