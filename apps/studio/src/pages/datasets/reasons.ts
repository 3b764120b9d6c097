const REASONS: Readonly<Record<string, string>> = {
  "by-name": "Left out by name",
  leaked: "In another dataset",
  "duplicate-exact": "The same picture",
  "duplicate-near": "A look-alike",
  "too-small": "Too small",
  blurred: "Blurred",
  upscaled: "Enlarged before",
  dark: "Too dark",
  bright: "Too bright",
  "low-contrast": "Little contrast",
  "low-information": "Nearly one colour",
  "odd-aspect": "A strip",
  "odd-size": "Unusual size",
  borders: "Bars around it",
  "colour-space": "Another colour space",
  alpha: "Transparent",
  faces: "Faces",
};

/** Why a picture was left out, for people; codes of files that could not be read stay as they are. */
export const tellReason = (code: string): string => REASONS[code] ?? code.replaceAll("-", " ");
