import { UserError } from "@loramill/contracts";

/** What is wrong with a file, by the names the reference reader uses. */
export type SafetensorsProblem =
  | "HeaderTooSmall"
  | "HeaderTooLarge"
  | "InvalidHeaderLength"
  | "InvalidHeader"
  | "InvalidHeaderDeserialization"
  | "InvalidOffset"
  | "ValidationOverflow"
  | "MisalignedSlice"
  | "TensorInvalidInfo"
  | "MetadataIncompleteBuffer";

/** UserError `bad-safetensors`; `details.problem` holds the reference's name of what is wrong. */
export function badSafetensors(problem: SafetensorsProblem, message: string): UserError {
  return new UserError(`Not a sound safetensors file: ${message}.`, {
    code: "bad-safetensors",
    details: { problem },
  });
}
