/** Families of LoRAs whose models are of the same modules. */
const networks: Readonly<Record<string, string>> = { wan21: "wan", wan22: "wan" };

/** The network that a family's LoRAs change. LoRAs for the same network can be merged, and each be applied to the other's model. */
export const networkOf = (family: string): string => networks[family] ?? family;

/**
 * The family of a LoRA that is made of others for one network: theirs where all say the same, else the one whose model
 * has experts, since it takes files of both kinds. Documents from before versions of Wan were told apart say `wan`.
 */
export function familyOfAll(families: readonly string[]): string | null {
  const [first = null] = families;
  return families.find((family) => family === "wan22") ?? (first === "wan" ? "wan21" : first);
}
