import type { EndpointAdvice } from "../vision/endpoint-errors.ts";

/** What to look at when the language model does not do what it should. */
export const llmAdvice: EndpointAdvice = {
  who: "The language model",
  key: "check LLM_API_KEY",
  payment: "its account has no credit left: add some, or leave LLM_URL out",
  notFound: "check LLM_MODEL, LLM_URL and LLM_PROTOCOL",
  address: "check LLM_URL",
  limit: "ask less often",
  time: "raise LLM_TIMEOUT_SECONDS if it is only slow",
  refusal: { what: "the question about the prompt", code: "analysis-refused" },
};

/** Prompts are read one at a time per request; a few requests at once. */
export const LLM_CONNECTIONS = 8;
