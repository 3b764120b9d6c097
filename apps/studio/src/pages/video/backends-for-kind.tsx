import type { DoctorCheck } from "@loramill/contracts";
import { useQuery } from "@tanstack/react-query";
import { useClient } from "../../api/client.tsx";
import { Notice } from "../../ui/problem-notice.tsx";
import type { VideoKind } from "./video-form.ts";

/** Backends that make a kind, as docs/generation.md lists them. */
const MAKERS: Readonly<Record<VideoKind, readonly string[]>> = {
  "text-to-video": ["comfyui", "runpod-serverless"],
  "image-to-video": ["comfyui", "runpod-serverless"],
  "restyle-clip": ["pocket", "comfyui", "runpod-serverless"],
  interpolate: ["ffmpeg", "comfyui", "runpod-serverless"],
  "smooth-clip": ["ffmpeg"],
};

/** Says what to do where no backend is there that makes a kind. Only admins may ask; others are told by the quote. */
export function BackendsForKind({ kind }: { readonly kind: VideoKind }) {
  const client = useClient();
  const { data } = useQuery({
    queryKey: ["doctor", "generation"],
    queryFn: ({ signal }) => client.doctor({ checks: "generation" }, signal),
    staleTime: 30_000,
    retry: false,
  });
  if (data === undefined) return null;
  const makers = MAKERS[kind].flatMap((name) => data.checks.filter((check) => check.name === `generation on ${name}`));
  if (makers.some(({ status }) => status === "ok")) return null;
  return (
    <Notice tone="amber" title={`No backend that makes ${kind} is available`}>
      <ul>
        {makers.map((check) => (
          <li key={check.name}>{tell(check)}</li>
        ))}
      </ul>
      {kind === "text-to-video" || kind === "image-to-video" ? (
        <p className="muted">Start a ComfyUI server with Wan 2.2 and name it in COMFYUI_API_URL.</p>
      ) : null}
    </Notice>
  );
}

const tell = ({ message, advice }: DoctorCheck): string => (advice === "" ? message : `${message}: ${advice}`);
