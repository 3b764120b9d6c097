import type { ExportFile, ExportLayout } from "../export-item.ts";

/** Hugging Face `imagefolder`: the split `train` with `metadata.jsonl` beside the pictures. */
export const imagefolderLayout: ExportLayout = {
  readBy: 'Hugging Face datasets: load_dataset("imagefolder", data_dir=…), diffusers\' training scripts',
  warnings: () => [],
  *files(items): Generator<ExportFile> {
    for (const { stem, extension, blob } of items) yield { path: `train/${stem}.${extension}`, blob };
    const lines = items.map(({ stem, extension, caption, repeats }) =>
      JSON.stringify({
        file_name: `${stem}.${extension}`,
        text: caption ?? "",
        ...(repeats === 1 ? {} : { repeats }),
      }),
    );
    yield { path: "train/metadata.jsonl", text: `${lines.join("\n")}\n` };
  },
};
