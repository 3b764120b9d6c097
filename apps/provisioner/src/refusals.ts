import type { CreateOutcome, Refusal } from "@loramill/compute";
import { REQUEST_REFUSED } from "@loramill/contracts";
import { offerKey } from "@loramill/fleet";
import { noteDone, remember, type Turn } from "./turn.ts";

/** Of the offers of one account that say the same, so many must be different, and so many wishes must have heard it. */
const WRONG = { offers: 2, wishes: 2 };

/**
 * Remembers which offers could not be had, also where a later one could: else the cheapest one that is listed and sold out is asked for
 * first for ever. One that was refused as invalid while others were not is told as an error and not held against the offer: the
 * request may be wrong for it alone. Where all were, that is for `stopIfWrong` to judge.
 */
export async function noteRefusals(turn: Turn, { kind, tried }: Pick<CreateOutcome, "kind" | "tried">): Promise<void> {
  const isInvalid = ({ code }: Refusal) => code === REQUEST_REFUSED;
  for (const one of tried) {
    if (kind === "all-refused" || !isInvalid(one)) await remember(turn, one.offer, { kind: "no-capacity" });
  }
  const invalid = tried.filter(isInvalid);
  const [first] = invalid;
  if (first === undefined) return;
  const details = { offers: invalid.length, of: tried.length, message: first.message };
  turn.ctx.log.error({ pod: turn.pod.name, ...details }, "offers were refused as invalid");
  turn.ctx.event("machine.refused", { ...details, gpu: first.offer.gpuType });
}

/**
 * The wish of which every offer was refused as invalid is given up alone: they may be sold out in words that nobody knows yet. Where
 * wishes and offers differ and the answer stays the same, with nothing rented in between, it is our request that is wrong,
 * and the fleet stops: all others would be refused too.
 */
export async function stopIfWrong(turn: Turn, tried: readonly Refusal[]): Promise<void> {
  const { pod, deps } = turn;
  const offers = tried.filter(({ code }) => code === REQUEST_REFUSED).map(({ offer }) => offerKey(offer));
  const message = tried.find(({ code }) => code === REQUEST_REFUSED)?.message ?? "";
  await noteDone(turn, "machine.refused", { provider: pod.provider, offers, message });
  const said = await deps.fleet.refusedWishes(pod.provider);
  if (said.wishes < WRONG.wishes || said.offers < WRONG.offers) return;
  await stopFleet(turn, {
    code: "all-offers-refused",
    message: `${said.offers} offers refused ${said.wishes} wishes as invalid, so the request itself is wrong: ${message}`,
  });
}

/** Nothing is rented any more, by anybody, until a person has started the fleet again. */
export async function stopFleet(turn: Turn, { code, message }: { readonly code: string; readonly message: string }) {
  const { provider } = turn.pod;
  await turn.deps.fleet.stop(`${provider}: ${message}`, "provisioner");
  await noteDone(turn, "fleet.stop", { code, message, provider });
}

export const sayRefused = (tried: readonly Refusal[]): string =>
  `none of ${tried.length} offers could be had: ${tried.at(-1)?.message ?? ""}`;
