import {
  ChoiceExplanation,
  GenerationSpec,
  LoraSuggestions,
  PromptAnalysisAnswer,
  PromptAnalysisRequest,
  Recommendation,
  RecommendationRequest,
  UserError,
} from "@loramill/contracts";
import { profileNameOf } from "@loramill/intelligence";
import type { FastifyReply } from "fastify";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import type { Caller } from "../auth.ts";
import { gatherFacts } from "../choosing/choosing-facts.ts";
import { findGeneration } from "../choosing/find-generation.ts";
import { recommendFor } from "../choosing/recommend.ts";
import type { ApiDeps } from "../deps.ts";
import { loraProject } from "../loras/find-lora.ts";

const tags = ["intelligence"];

/** What suits a prompt, what a prompt asks for, and why a generation is what it is. */
export const recommendationRoutes =
  (deps: ApiDeps): FastifyPluginAsyncZod =>
  async (server) => {
    const { catalog, stores, promptReader, embeddings } = deps;
    const recommend = async (asked: RecommendationRequest, caller: Caller, signal: AbortSignal) => {
      const project = await loraProject(catalog, caller, asked.project);
      const facts = await gatherFacts(project, deps, signal);
      const { prompt, negativePrompt } = asked;
      const { analysis, charges } = await promptReader.read({ prompt, negativePrompt }, signal);
      const embedding = (await embeddings.ofPrompts([prompt], signal)).get(prompt) ?? null;
      return recommendFor(asked, { facts, analysis, embedding, charges, defaultModel: await usualModel(deps) });
    };
    server.post(
      "/v1/recommendations",
      {
        schema: {
          summary: "LoRAs and parameters for a prompt, with reasons",
          description:
            "What is given is kept. `generate` of the answer, edited as one likes, is `generate` of a run spec that uses it.",
          tags,
          body: RecommendationRequest,
          response: { 200: Recommendation },
        },
      },
      ({ body, caller }, reply) => recommend(body, caller, goneOf(reply)),
    );
    server.post(
      "/v1/loras/suggestions",
      {
        schema: {
          summary: "LoRAs for a prompt, with what speaks for each, and those that came close",
          tags,
          body: RecommendationRequest,
          response: { 200: LoraSuggestions },
        },
      },
      async ({ body, caller }, reply) => {
        const { explanation, charges } = await recommend(body, caller, goneOf(reply));
        const { model, loras, passed, comparison } = explanation;
        return { model, loras, passed, comparison, charges };
      },
    );
    server.post(
      "/v1/prompts/analysis",
      {
        schema: {
          summary: "What a prompt asks for",
          description: "By the language model that LLM_URL names, else by rules; `source` says which.",
          tags,
          body: PromptAnalysisRequest,
          response: { 200: PromptAnalysisAnswer },
        },
      },
      async ({ body }, reply) => {
        const { analysis, charges } = await promptReader.read(body, goneOf(reply));
        return { ...analysis, charges: [...charges] };
      },
    );
    server.get(
      "/v1/generations/:id/explanation",
      {
        schema: {
          summary: "Why a generation has the LoRAs and parameters that it has",
          tags,
          params: z.object({ id: z.string().max(100).describe("Its id, or the SHA-256 of its file") }),
          response: { 200: ChoiceExplanation },
        },
      },
      async ({ params: { id }, caller }) => {
        const { record } = await findGeneration(catalog, id, caller);
        if (record?.choice !== undefined) return stores.documents.get("choice", record.choice);
        throw new UserError(`nothing was chosen for the generation ${id}: its spec said what to draw with`, {
          code: "nothing-chosen",
        });
      },
    );
  };

/** Aborts when the client hangs up. A request's own signal does so as soon as its body has been read. */
function goneOf(reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  reply.raw.once("close", () => gone.abort());
  return gone.signal;
}

/** What the first available backend draws with where a spec does not say. */
async function usualModel({ generationBackends }: ApiDeps): Promise<string> {
  for (const backend of generationBackends) {
    const [family] = backend.capabilities.families;
    if (family === undefined || !(await backend.isAvailable()).available) continue;
    const spec = { kind: "text-to-image", prompt: "", seed: 0, model: { family } } as const;
    return profileNameOf(GenerationSpec.parse(spec)) ?? family;
  }
  return "pocket";
}
