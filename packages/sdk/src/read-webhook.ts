import { checkWebhookSignature, type SignedWebhook, UserError, WebhookMessage } from "@loramill/contracts";

/**
 * What a receiver was told, once it is known to be told by who has the secret (several while one is replaced). Give it the
 * body as it came. Answer 2xx when this returns and the message is safe with you, 400 when it throws UserError:
 * `bad-signature` for whoever did not know the secret or sends what is old, `bad-request` for what is no message.
 * Messages may come twice: `id` is then the same.
 */
export function readWebhook(
  secret: string | readonly string[],
  { headers, body }: Omit<SignedWebhook, "headers"> & { readonly headers: SignedWebhook["headers"] | Headers },
  options: { readonly now?: Date } = {},
): WebhookMessage & { readonly id: string } {
  const plain = headers instanceof Headers ? Object.fromEntries(headers) : headers;
  checkWebhookSignature(typeof secret === "string" ? [secret] : secret, { headers: plain, body }, options.now);
  const message = WebhookMessage.safeParse(parse(typeof body === "string" ? body : new TextDecoder().decode(body)));
  if (!message.success) throw new UserError("the body is no message of a webhook", { code: "bad-request" });
  return { id: String(plain["webhook-id"]), ...message.data };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
