import type { LoraView } from "@loramill/contracts";
import { useQuery } from "@tanstack/react-query";
import { useLocation } from "wouter";
import { useClient } from "../../api/client.tsx";
import { formatCount } from "../../lib/format.ts";
import { Badge } from "../../ui/badge.tsx";
import { Filter } from "../../ui/field.tsx";
import { Page, PendingPage } from "../../ui/page.tsx";
import { Notice } from "../../ui/problem-notice.tsx";
import { Tabs } from "../../ui/tabs.tsx";
import type { PageProps } from "../page-props.ts";
import { AboutLora } from "./about-lora.tsx";
import { DoctorView } from "./doctor-view.tsx";
import { FileView } from "./file-view.tsx";
import { LineageView } from "./lineage-view.tsx";
import { LoraActions } from "./lora-actions.tsx";
import { loraHref, useLoraProject } from "./lora-address.ts";
import { PreviewsView } from "./previews-view.tsx";
import { RatingsView } from "./ratings-view.tsx";

const crumb = { href: "/loras", label: "LoRAs" };

/** One LoRA: what it is, what was drawn with it, where it comes from, and whether a model will load it. */
export function LoraPage({ params }: PageProps) {
  const client = useClient();
  const name = params.lora ?? "";
  const { project } = useLoraProject();
  const query = useQuery({
    queryKey: ["lora", name, project],
    queryFn: ({ signal }) => client.loras.get(name, { project, signal }),
    staleTime: 60_000,
  });
  const lora = query.data;
  if (lora === undefined) return <PendingPage title="LoRA" crumb={crumb} error={query.error} />;
  return (
    <Page
      title={lora.name}
      crumb={crumb}
      badge={
        <>
          <Versions lora={lora} project={project} />
          <Badge>{lora.family}</Badge>
        </>
      }
      actions={<LoraActions lora={lora} name={name} project={project} />}
    >
      {lora.deletedAt !== null && (
        <Notice tone="amber" title="It is deleted">
          Its files stay until nothing needs them; the list of deleted LoRAs brings it back.
        </Notice>
      )}
      <AboutLora lora={lora} name={name} project={project} />
      <Tabs
        label="About this LoRA"
        tabs={[
          {
            id: "pictures",
            label: "Pictures",
            content: () => <PreviewsView lora={lora} name={name} project={project} />,
          },
          { id: "lineage", label: "Lineage", content: () => <LineageView lora={lora} project={project} /> },
          { id: "doctor", label: "Doctor", content: () => <DoctorView lora={lora} project={project} /> },
          { id: "file", label: "File", content: () => <FileView lora={lora} project={project} /> },
          {
            id: "ratings",
            label: "Ratings",
            count: lora.ratings.length,
            content: () => <RatingsView lora={lora} name={name} project={project} />,
          },
        ]}
      />
    </Page>
  );
}

function Versions({ lora, project }: { readonly lora: LoraView; readonly project: string | undefined }) {
  const [, navigate] = useLocation();
  if (lora.versions.length < 2) return <span className="faint number">v{lora.version}</span>;
  return (
    <Filter
      label="Version"
      choices={lora.versions.map(({ id, version }) => [id, `v${formatCount(version)}`])}
      value={lora.id}
      onChange={(id) => navigate(loraHref(id, project))}
    />
  );
}
