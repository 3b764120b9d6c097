import { useQuery } from "@tanstack/react-query";
import { useClient } from "../../api/client.tsx";
import { NoPicture } from "../../ui/no-picture.tsx";
import { Picture } from "../../ui/picture.tsx";

interface Covered {
  readonly id: string;
  readonly name: string;
  readonly coverUrl: string | null;
}

/** The picture of a LoRA: its cover, else the newest that was drawn with it. */
export function Cover({ lora, project }: { readonly lora: Covered; readonly project?: string | undefined }) {
  const client = useClient();
  const { data } = useQuery({
    queryKey: ["newest-picture", lora.id, project],
    queryFn: ({ signal }) =>
      client.generations.list({ lora: lora.id, limit: 1, signal, ...(project === undefined ? {} : { project }) }),
    enabled: lora.coverUrl === null,
    staleTime: 60_000,
  });
  const drawn = data?.items[0]?.file;
  const url = lora.coverUrl ?? drawn?.url;
  if (url === undefined) return <NoPicture icon="lora" />;
  return <Picture url={url} alt={lora.name} {...(lora.coverUrl === null ? { mediaType: drawn?.mediaType } : {})} />;
}
