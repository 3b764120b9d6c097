import type { FakeVisionServer } from "@loramill/testkit";
import { expect } from "vitest";
import type { History } from "../history/history.ts";
import { PICTURES } from "./run-specs.ts";

/** Micro-dollars per token of the endpoint. */
export const PRICE = { in: 2, out: 5 };

type Question = FakeVisionServer["asked"][number];

/**
 * Every caption that was paid for and kept is in the ledger, whichever turn asked for it and whoever died. Answers that were on
 * the wire when their worker died are asked for again; nothing is charged that was not asked. The exception: when a job is
 * given up after five lost workers, another run may take over the step with the answers it had. Runs that ask the
 * same share the answers, and whichever asked pays.
 */
export async function checkCaptions(
  { query }: History,
  asked: readonly Question[],
  resumed: readonly string[],
): Promise<void> {
  const wrong = await query(
    "select run, name, items from loramill.steps where name in ('dataset', 'caption') and items <> $1",
    [PICTURES],
  );
  expect(wrong).toEqual([]);
  const unpaid = await query(
    `select r.spec->'caption'->>'className' as words, count(l.*)::int as entries from loramill.runs r
     left join loramill.ledger l on l.run = r.id and l.kind = 'captioning'
     where r.spec->'caption' is not null
     group by 1 having count(l.*) < $1 and not bool_or(r.id = any($2))`,
    [PICTURES, resumed],
  );
  expect(unpaid).toEqual([]);
  const prices = new Set(asked.map(priceOf));
  expect(prices.size).toBe(1);
  const perQuestion = await query<{ words: string; entries: number; amount: string }>(
    `select r.spec->'caption'->>'className' as words, count(*)::int as entries, sum(l.amount_micro_usd) as amount
     from loramill.ledger l join loramill.runs r on r.id = l.run where l.kind = 'captioning' group by 1`,
  );
  expect(chargedTooOften(asked, perQuestion)).toEqual([]);
  const [ledger] = await query<{ entries: number; amount: string }>(
    `select count(*)::int as entries, coalesce(sum(amount_micro_usd), 0) as amount from loramill.ledger
     where kind = 'captioning'`,
  );
  const entries = ledger?.entries ?? 0;
  const different = new Set(asked.map(({ prompt, picture }) => `${prompt} ${picture}`)).size;
  console.log(`${asked.length} captions asked, ${entries} charged, ${different} different ones`);
  expect(entries).toBeGreaterThanOrEqual(different - PICTURES * resumed.length);
  expect(entries).toBeLessThanOrEqual(asked.length);
  expect(Number(ledger?.amount)).toBe(entries * Number([...prices][0]));
}

/** Subjects of which more was charged than their endpoint was asked, in answers or in micro-dollars; whichever job was charged. */
function chargedTooOften(
  asked: readonly Question[],
  charged: readonly { readonly words: string; readonly entries: number; readonly amount: string }[],
): unknown[] {
  return charged.flatMap(({ words, entries, amount }) => {
    const questions = asked.filter(({ prompt }) => new RegExp(`\\b${words}\\b`).test(prompt));
    const mostMicroUsd = questions.reduce((sum, question) => sum + priceOf(question), 0);
    const isSound = entries <= questions.length && Number(amount) <= mostMicroUsd;
    return isSound ? [] : [{ words, entries, amount, asked: questions.length, mostMicroUsd }];
  });
}

/** What an answer costs in micro-dollars, by what the endpoint says it used. */
function priceOf({ prompt }: Question): number {
  return (256 + prompt.split(" ").length) * PRICE.in + 12 * PRICE.out;
}
