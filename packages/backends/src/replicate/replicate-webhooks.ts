import { type Clock, checkWebhookSignature, TransientError } from "@loramill/contracts";
import { z } from "zod";
import { createEndpoint } from "../vision/endpoint.ts";

const Secret = z.looseObject({ key: z.string().startsWith("whsec_") });
const Report = z.looseObject({ id: z.string().min(1).max(128) });

export interface ReplicateWebhooks {
  /** The id of the training that a message is about, once the message is known to be Replicate's. UserError `bad-signature`. */
  read(message: {
    readonly headers: Readonly<Record<string, string | undefined>>;
    readonly body: Uint8Array;
  }): Promise<string>;
  close(): Promise<void>;
}

const ADVICE = {
  who: "Replicate",
  key: "check REPLICATE_API_TOKEN",
  payment: "look at the account at Replicate",
  notFound: "check REPLICATE_API_URL",
  address: "check REPLICATE_API_URL",
};

/** Reads what Replicate reports. The account's secret is asked for once. */
export function createReplicateWebhooks(
  options: { readonly token: string; readonly url: string },
  parts: { readonly clock: Clock },
): ReplicateWebhooks {
  const endpoint = createEndpoint({ apiKey: options.token, connections: 1, timeoutMs: 10_000, advice: ADVICE }, parts);
  const url = `${options.url.replace(/\/+$/, "")}/webhooks/default/secret`;
  let secret: string | undefined;

  async function readSecret(): Promise<string> {
    const answer = Secret.safeParse(await endpoint.ask({ url }));
    if (answer.success) return answer.data.key;
    throw new TransientError("Replicate answered something that is no secret of webhooks", { code: "bad-answer" });
  }

  return {
    async read({ headers, body }) {
      secret ??= await readSecret();
      checkWebhookSignature([secret], { headers, body }, parts.clock.now());
      return Report.parse(JSON.parse(new TextDecoder().decode(body))).id;
    },
    close: endpoint.close,
  };
}
