import type { ComponentType } from "react";
import type { PageProps } from "./pages/page-props.ts";
import type { IconName } from "./ui/icon.tsx";

export const sections = ["Work", "Library", "Operations"] as const;

export interface PageEntry {
  readonly path: string;
  /** Where it stands in the sidebar; left out for pages that another page leads to. */
  readonly nav?: { readonly label: string; readonly section: (typeof sections)[number]; readonly icon: IconName };
  /** Loads its code when it is first opened. */
  readonly load: () => Promise<ComponentType<PageProps>>;
}

/** All pages: one file and one entry each. The first address that fits wins; the sidebar has this order. */
export const pages: readonly PageEntry[] = [
  {
    path: "/runs",
    nav: { label: "Runs", section: "Work", icon: "runs" },
    load: () => import("./pages/runs/runs-page.tsx").then((file) => file.RunsPage),
  },
  {
    path: "/runs/new",
    load: () => import("./pages/runs/new-run-page.tsx").then((file) => file.NewRunPage),
  },
  {
    path: "/runs/:run",
    load: () => import("./pages/runs/run-page.tsx").then((file) => file.RunPage),
  },
  {
    path: "/batches",
    nav: { label: "Batches", section: "Work", icon: "batch" },
    load: () => import("./pages/batches/batches-page.tsx").then((file) => file.BatchesPage),
  },
  {
    path: "/batches/:batch",
    load: () => import("./pages/batches/batch-page.tsx").then((file) => file.BatchPage),
  },
  {
    path: "/datasets",
    nav: { label: "Datasets", section: "Work", icon: "dataset" },
    load: () => import("./pages/datasets/datasets-page.tsx").then((file) => file.DatasetsPage),
  },
  {
    path: "/datasets/new",
    load: () => import("./pages/datasets/new-dataset-page.tsx").then((file) => file.NewDatasetPage),
  },
  {
    path: "/datasets/:dataset",
    load: () => import("./pages/datasets/dataset-page.tsx").then((file) => file.DatasetPage),
  },
  {
    path: "/training",
    nav: { label: "Training", section: "Work", icon: "training" },
    load: () => import("./pages/training/trainings-page.tsx").then((file) => file.TrainingsPage),
  },
  {
    path: "/training/new",
    load: () => import("./pages/training/new-training-page.tsx").then((file) => file.NewTrainingPage),
  },
  {
    path: "/training/:run",
    load: () => import("./pages/training/training-page.tsx").then((file) => file.TrainingPage),
  },
  {
    path: "/loras",
    nav: { label: "LoRAs", section: "Library", icon: "lora" },
    load: () => import("./pages/loras/loras-page.tsx").then((file) => file.LorasPage),
  },
  {
    path: "/loras/compare",
    load: () => import("./pages/loras/compare-page.tsx").then((file) => file.CompareLorasPage),
  },
  {
    path: "/loras/make",
    load: () => import("./pages/loras/make-page.tsx").then((file) => file.MakeLoraPage),
  },
  {
    path: "/loras/:lora",
    load: () => import("./pages/loras/lora-page.tsx").then((file) => file.LoraPage),
  },
  {
    path: "/generate",
    nav: { label: "Generate", section: "Work", icon: "generate" },
    load: () => import("./pages/generate/generate-page.tsx").then((file) => file.GeneratePage),
  },
  {
    path: "/video",
    nav: { label: "Video", section: "Work", icon: "video" },
    load: () => import("./pages/video/video-page.tsx").then((file) => file.VideoPage),
  },
  {
    path: "/generations",
    nav: { label: "Pictures and clips", section: "Library", icon: "picture" },
    load: () => import("./pages/generations/generations-page.tsx").then((file) => file.GenerationsPage),
  },
  {
    path: "/generations/:generation",
    load: () => import("./pages/generations/generation-page.tsx").then((file) => file.GenerationPage),
  },
  {
    path: "/schedules",
    nav: { label: "Schedules", section: "Work", icon: "schedule" },
    load: () => import("./pages/schedules/schedules-page.tsx").then((file) => file.SchedulesPage),
  },
  {
    path: "/schedules/new",
    load: () => import("./pages/schedules/new-schedule-page.tsx").then((file) => file.NewSchedulePage),
  },
  {
    path: "/schedules/:project/:name/edit",
    load: () => import("./pages/schedules/edit-schedule-page.tsx").then((file) => file.EditSchedulePage),
  },
  {
    path: "/schedules/:project/:name",
    load: () => import("./pages/schedules/schedule-page.tsx").then((file) => file.SchedulePage),
  },
  {
    path: "/fleet",
    nav: { label: "Fleet", section: "Operations", icon: "fleet" },
    load: () => import("./pages/fleet/fleet-page.tsx").then((file) => file.FleetPage),
  },
  {
    path: "/queues",
    nav: { label: "Queues", section: "Operations", icon: "queues" },
    load: () => import("./pages/queues/queues-page.tsx").then((file) => file.QueuesPage),
  },
  {
    path: "/costs",
    nav: { label: "Costs", section: "Operations", icon: "costs" },
    load: () => import("./pages/costs/costs-page.tsx").then((file) => file.CostsPage),
  },
  {
    path: "/health",
    nav: { label: "Health", section: "Operations", icon: "health" },
    load: () => import("./pages/health/health-page.tsx").then((file) => file.HealthPage),
  },
];
