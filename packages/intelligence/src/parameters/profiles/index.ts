import { nearNames, UserError } from "@loramill/contracts";
import { pictureProfiles } from "./pictures.ts";
import type { Profile } from "./profile.ts";
import { videoProfiles } from "./videos.ts";

/** By the name that a request gives as its `model`. */
export const profiles: Readonly<Record<string, Profile>> = { ...pictureProfiles, ...videoProfiles };

/** UserError `unknown-model`, with the names that come close. */
export function profileOf(model: string): Profile {
  const profile = Object.hasOwn(profiles, model) ? profiles[model] : undefined;
  if (profile !== undefined) return profile;
  const names = Object.keys(profiles);
  const near = nearNames(model, names);
  throw new UserError(
    `No settings are known for the model ${model}; take ${(near.length > 0 ? near : names).join(", ")}`,
    {
      code: "unknown-model",
      details: { field: "model", known: names },
    },
  );
}
