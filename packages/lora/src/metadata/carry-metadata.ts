/**
 * What still holds of a file's metadata when its tensors were rewritten. Hashes over them do not, and diffusers' note of
 * alphas would apply them a second time: the tensors that are written carry their own.
 */
export function carryMetadata(metadata: ReadonlyMap<string, string>): Record<string, string> {
  const stale = new Set(["lora_adapter_metadata", "sshs_model_hash", "sshs_legacy_hash", "modelspec.hash_sha256"]);
  return Object.fromEntries([...metadata].filter(([key]) => !stale.has(key)));
}
