import type { UploadProgress } from "@loramill/sdk";
import { useState } from "react";
import { useClient } from "../../api/client.tsx";
import { uploadFiles } from "../../api/upload-files.ts";
import type { NamedSource, PictureSource } from "./picture-source.ts";

/** Sends what of a source is on this device, and names the source; `progress` is null while nothing is sent. */
export function useSendPictures() {
  const client = useClient();
  const [progress, setProgress] = useState<UploadProgress | null>(null);
  const send = async ({ from, dataset, path, files }: PictureSource): Promise<NamedSource> => {
    if (from === "dataset") return { type: "dataset", dataset: dataset.trim() };
    if (from === "folder") return { type: "folder", path: path.trim() };
    try {
      const { listing } = await uploadFiles(client, files, { onProgress: setProgress });
      return { type: "upload", listing };
    } finally {
      setProgress(null);
    }
  };
  return { send, progress };
}
