import { useProjectFilter } from "../../api/project.ts";
import { useSearchState } from "../../lib/use-search-state.ts";

/** Where a LoRA is shown. Names and ids mean those of a project, which links from other projects have to say. */
export const loraHref = (lora: string, project?: string): string =>
  `/loras/${encodeURIComponent(lora)}${project === undefined ? "" : `?${new URLSearchParams({ project })}`}`;

/** The project of a LoRA's page: that of the address, else that of the sidebar, else the API's default. */
export function useLoraProject(): { readonly project?: string } {
  const [asked] = useSearchState("project");
  const chosen = useProjectFilter();
  return asked === "" ? chosen : { project: asked };
}
