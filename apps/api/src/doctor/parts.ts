import type {
  Captioner,
  DoctorCheck,
  FaceFinder,
  GenerationBackend,
  PromptAnalyst,
  TrainingBackend,
} from "@loramill/contracts";
import type { Services } from "@loramill/runtime";
import { checkStorage } from "@loramill/storage";
import type { DoctorPart } from "../deps.ts";

const ok = (name: string, message: string): DoctorCheck => ({ name, status: "ok", message, advice: "" });

/** The services that every mill stands on. */
export function serviceParts({ catalog, queue, stores, embedded }: Services): DoctorPart[] {
  return [
    {
      name: "database",
      async check() {
        const projects = await catalog.projects.list();
        const where = embedded ? "the embedded Postgres of DATA_DIR" : "the Postgres of DATABASE_URL";
        return [ok("database", `${where} answers; ${projects.length} project${projects.length === 1 ? "" : "s"}`)];
      },
    },
    {
      name: "queue",
      async check() {
        const { available, message, warnings } = await queue.check(5_000);
        if (!available) {
          return [
            {
              name: "queue",
              status: "error",
              message,
              advice: "start the server that QUEUE_URL names, or correct QUEUE_URL",
            },
          ];
        }
        return [
          ok("queue", message.includes(queue.id) ? message : `${message} (${queue.id})`),
          ...warnings.map(
            (warning): DoctorCheck => ({
              name: "queue",
              status: "warning",
              message: warning,
              advice: "docs/operations.md says what a cluster needs",
            }),
          ),
        ];
      },
    },
    {
      name: "storage",
      async check({ thorough, signal }) {
        if (!thorough) {
          await stores.objects.head("doctor/none", { signal });
          return [
            {
              ...ok("storage", `${stores.objects.id} answers`),
              advice: "`loramill doctor storage` tries everything the mill relies on",
            },
          ];
        }
        const checks = await checkStorage(stores.objects, { signal });
        return checks.map((check) => ({
          name: `storage: ${check.name}`,
          status: check.status === "ok" ? "ok" : check.status === "skipped" ? "off" : "error",
          message: check.message,
          advice: check.advice,
        }));
      },
    },
  ];
}

/** Where work can be done, and what to do about the places that are not there. */
export function offerParts(offers: {
  captioners: readonly Pick<Captioner, "id" | "isAvailable">[];
  faceFinder: Pick<FaceFinder, "id" | "isAvailable">;
  analyst: Pick<PromptAnalyst, "id" | "isAvailable"> | null;
  trainingBackends: readonly Pick<TrainingBackend, "name" | "isAvailable">[];
  generationBackends: readonly Pick<GenerationBackend, "name" | "isAvailable">[];
  unset: readonly string[];
}): DoctorPart[] {
  /** A captioner is offered because someone configured it, so one that is away is an error. */
  const look = async (
    name: string,
    offer: Pick<Captioner, "isAvailable">,
    { signal, away }: { signal: AbortSignal; away: "off" | "warning" | "error" },
  ): Promise<DoctorCheck> => {
    const { available, message } = await offer.isAvailable(signal);
    return { name, status: available ? "ok" : away, message, advice: "" };
  };
  const awayOf = (backend: string) => (offers.unset.includes(backend) ? "off" : "warning");
  return [
    {
      name: "captioners",
      check: ({ signal }) =>
        Promise.all(offers.captioners.map((offer) => look(`captioner ${offer.id}`, offer, { signal, away: "error" }))),
    },
    {
      name: "faces",
      async check({ signal }) {
        const { available, message } = await offers.faceFinder.isAvailable(signal);
        // Nobody has to install what only some specs ask for.
        return [{ name: `faces by ${offers.faceFinder.id}`, status: available ? "ok" : "off", message, advice: "" }];
      },
    },
    {
      name: "prompts",
      async check({ signal }) {
        const { analyst } = offers;
        if (analyst !== null) return [await look(`prompts by ${analyst.id}`, analyst, { signal, away: "warning" })];
        const message = "rules read prompts; no language model is configured";
        return [{ name: "prompts", status: "off", message, advice: "LLM_URL names one, such as an Ollama server" }];
      },
    },
    {
      name: "training",
      check: ({ signal }) =>
        Promise.all(
          offers.trainingBackends.map((offer) =>
            look(`training on ${offer.name}`, offer, { signal, away: awayOf(offer.name) }),
          ),
        ),
    },
    {
      name: "generation",
      check: ({ signal }) =>
        Promise.all(
          offers.generationBackends.map((offer) =>
            look(`generation on ${offer.name}`, offer, { signal, away: awayOf(offer.name) }),
          ),
        ),
    },
  ];
}
