import type { CaptionVersion } from "@loramill/contracts";
import { useQuery } from "@tanstack/react-query";
import { useClient } from "../../api/client.tsx";
import { formatUsd } from "../../lib/format.ts";
import { Button } from "../../ui/button.tsx";
import { TimeAgo } from "../../ui/time-ago.tsx";
import styles from "./caption-versions.module.css";
import { type Dataset, useDerive } from "./use-dataset.ts";
import type { ShownPicture } from "./use-pictures.ts";

/** Every caption that a picture ever had, newest first, each of which can be taken again. */
export function CaptionVersions({ dataset, picture }: { readonly dataset: Dataset; readonly picture: ShownPicture }) {
  const client = useClient();
  const derive = useDerive(dataset.view.name);
  const { path, caption } = picture;
  const history = useQuery({
    queryKey: ["datasets", "captions", dataset.dataset, path],
    queryFn: ({ signal }) => client.datasets.captions(dataset.dataset, path, signal),
  });
  const versions = history.data?.versions ?? [];
  if (versions.length === 0) return null;
  const take = ({ text }: CaptionVersion) =>
    derive.mutate({ change: { captions: { [path]: text === "" ? null : text } }, said: "Caption taken again" });
  return (
    <details>
      <summary>
        {versions.length} {versions.length === 1 ? "caption" : "captions"} so far
      </summary>
      <ol className={styles.versions}>
        {versions.map((version) => (
          <li key={`${version.at} ${version.provider} ${version.text}`}>
            <div className="spread">
              <span className="muted">
                {tellWriter(version)} · <TimeAgo at={version.at} />
                {version.microUsd ? ` · ${formatUsd(version.microUsd)}` : ""}
              </span>
              {dataset.isNewest && version.text !== (caption ?? "") && (
                <Button small busy={derive.isPending} onClick={() => take(version)}>
                  Take this
                </Button>
              )}
            </div>
            {version.text === "" ? <em className="faint">taken away</em> : version.text}
          </li>
        ))}
      </ol>
    </details>
  );
}

function tellWriter({ provider, author, model }: CaptionVersion): string {
  if (provider === "edited") return author ?? "by hand";
  if (provider === "sidecar") return "came with the picture";
  return model ?? provider;
}
