import type { ChoiceRequest } from "@loramill/contracts";
import type { ParameterChoice } from "../parameters/choose-parameters.ts";
import type { Profile } from "../parameters/profiles/profile.ts";

/** What is given is kept; what of it the model will not do well, or not at all, is said. */
export function warnOfGiven(request: ChoiceRequest, profile: Profile, { parameters }: ParameterChoice): string[] {
  const { steps, guidance, width, height, frames } = request.parameters;
  const { title, sizes } = profile;
  const odd = [width, height].filter((side) => side !== undefined && side % sizes.step !== 0);
  const isUnguided = profile.guidanceKind === "distilled" || parameters.guidance.value <= 1;
  return [
    ...odd.map((side) => `${side} pixels is no multiple of ${sizes.step}: ${title} will cut or refuse it`),
    ...(steps !== undefined && (steps < profile.steps.least || steps > 2 * profile.steps.high)
      ? [`${steps} steps are far from the ${profile.steps.low} to ${profile.steps.high} that are usual for ${title}`]
      : []),
    ...(guidance !== undefined && (guidance < profile.guidance.low / 2 || guidance > 2 * profile.guidance.high)
      ? [
          `guidance ${guidance} is far from the ${profile.guidance.low} to ${profile.guidance.high} that are usual for ${title}`,
        ]
      : []),
    ...(frames !== undefined && frames > 1 && profile.frames === null
      ? [`${title} draws pictures, not ${frames} frames`]
      : []),
    ...(frames !== undefined && profile.frames !== null && profile.frames.step > 1 && frames % profile.frames.step !== 1
      ? [`${frames} frames is not ${profile.frames.step}·n + 1: ${title} will cut it`]
      : []),
    ...(isUnguided && request.negativePrompt.trim() !== ""
      ? [`${title} ignores the negative prompt at these settings`]
      : []),
  ];
}
