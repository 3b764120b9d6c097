import {
  type BlobRef,
  type Digest,
  type DocumentStore,
  type Generation,
  type Json,
  loraFileName,
  loraFiles,
  type PreparedImage,
  type StepKind,
} from "@loramill/contracts";

/** What is compared with its counterpart: a value as it is, a picture by its pixels, weights by their values. */
export type Leaf =
  | { readonly type: "value"; readonly value: Json }
  | { readonly type: "picture"; readonly file: BlobRef }
  | { readonly type: "weights"; readonly file: BlobRef; readonly tensorsSha256: Digest };

type Leaves = Map<string, Leaf>;
type Documents = Pick<DocumentStore, "get">;

/**
 * What a step's output holds that a repetition has to give again, by names that say which is whose counterpart. Times, costs,
 * and what a file tells of itself are no part of it.
 */
export async function leavesOf(kind: StepKind, output: Digest, documents: Documents): Promise<Leaves> {
  const leaves: Leaves = new Map();
  if (kind === "dataset") {
    const { parts, dropped } = await documents.get("dataset", output);
    for (const part of parts) addPictures((await documents.get("dataset-part", part)).images, leaves);
    leaves.set("what was left out", value(dropped));
    return leaves;
  }
  for (const part of (await documents.get("parts", output)).parts) await addPart(kind, part, documents, leaves);
  return leaves;
}

async function addPart(kind: StepKind, part: Digest, documents: Documents, leaves: Leaves): Promise<void> {
  switch (kind) {
    case "source":
      for (const { path, ...item } of (await documents.get("source", part)).items) leaves.set(path, value(item));
      break;
    case "prepare":
      addPictures((await documents.get("prepared", part)).images, leaves);
      break;
    case "caption":
      for (const { path, text } of (await documents.get("captions", part)).captions) leaves.set(path, value(text));
      break;
    case "train":
    case "lora": {
      const lora = await documents.get("lora", part);
      for (const { role, weights: file, tensorsSha256 } of loraFiles(lora)) {
        leaves.set(loraFileName(lora.name, role), { type: "weights", file, tensorsSha256 });
      }
      break;
    }
    case "model": {
      const { name, weights } = await documents.get("model", part);
      leaves.set(name, value(weights.sha256));
      break;
    }
    case "generate":
      for (const generation of (await documents.get("generations", part)).generations) {
        leaves.set(`item ${generation.index}`, generated(generation));
      }
      break;
    case "grid":
      leaves.set("contact sheet", { type: "picture", file: (await documents.get("contact-sheet", part)).image });
      break;
    default:
      leaves.set(`part ${leaves.size}`, value(part));
  }
}

function addPictures(images: readonly PreparedImage[], leaves: Leaves): void {
  for (const { path, prepared } of images) leaves.set(path, { type: "picture", file: prepared.blob });
}

/** Clips are compared by their bytes: nothing here decodes them. */
function generated({ image, frames }: Generation): Leaf {
  const isPicture = image.mediaType.startsWith("image/") && frames === undefined;
  return isPicture ? { type: "picture", file: image } : value(image.sha256);
}

const value = (of: unknown): Leaf => ({ type: "value", value: JSON.parse(JSON.stringify(of)) as Json });
