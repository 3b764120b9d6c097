import { sha256Hex } from "@loramill/contracts";
import { calibrationOf, type Forecast } from "../src/learning/calibration.ts";
import { drawNormal, type Random } from "../src/learning/draw-normal.ts";
import { learn } from "../src/learning/learn.ts";
import type { Learned } from "../src/learning/learned.ts";
import { likelyLiked, tasteToChooseBy } from "../src/learning/learned-taste.ts";
import { isLiked, type RatingEvent, type Stars } from "../src/learning/rating.ts";
import { seeded } from "./seeded.ts";
import {
  expectedReward,
  LENIENCY,
  makeWorld,
  rate,
  type World,
  type WorldOptions,
  worldDefaults,
} from "./taste-world.ts";

/**
 * What hostile raters do. `invert`: six minus what they would have given honestly, which looks like anybody's ratings;
 * `extreme`: one star for what is better than the average, five for what is worse; `push`: five for one bad LoRA, one
 * for every other.
 */
export type Attack = "invert" | "extreme" | "push";

interface TasteSimulation {
  readonly seed: number;
  readonly ratings?: number;
  readonly attack?: Attack | null;
  /** Share of the ratings that are hostile. */
  readonly hostileShare?: number;
  readonly world?: WorldOptions;
  /** Ratings between two times of learning. */
  readonly learnEvery?: number;
}

export interface TasteOutcome {
  /** Sums over all choices, those of the holdout too: best expected reward of the slate minus that of what was chosen. */
  readonly regret: number;
  readonly popularityRegret: number;
  readonly learned: Learned;
  readonly world: World;
  readonly events: readonly RatingEvent[];
}

const HONEST_RATERS = 25;
/** Among 25 honest ones: as busy as each of them, three send about a tenth of the ratings. */
const HOSTILE_RATERS = 3;
/** LoRAs that a prompt leaves to choose from. */
const SLATE = 8;
const HOUR_MS = 3_600_000;

/** A month in which 500 generations are chosen, made and rated, and learned from. */
export function simulateTaste({
  seed,
  ratings = 500,
  attack = null,
  hostileShare = 0.1,
  world: options = worldDefaults,
  learnEvery = 2,
}: TasteSimulation): TasteOutcome {
  const world = makeWorld(seeded(seed), options);
  const requests = seeded(seed + 1_000_003);
  const raterRandom = seeded(seed + 2_000_003);
  const policy = seeded(seed + 3_000_017);
  const leniency = Array.from({ length: HONEST_RATERS }, () => LENIENCY * drawNormal(raterRandom));
  const target = worstOf(world);
  const events: RatingEvent[] = [];
  let learned: Learned = learn([], { now: 0 });
  let regret = 0;
  let popularityRegret = 0;
  for (let round = 0; round < ratings; round += 1) {
    if (round % learnEvery === 0) learned = learn(events, { now: round * HOUR_MS });
    const family = pick(world.families.length, requests);
    const subject = pick(world.subjects.length, requests);
    const slate = shuffled(world.loras.length, requests).slice(0, SLATE);
    const reward = (lora: number) => expectedReward(world.liking(lora, family, subject));
    const best = Math.max(...slate.map(reward));
    const popular = bestOf(slate, (lora) => world.popularity[lora] ?? 0);
    const { arm, taste } = tasteToChooseBy(learned, policy);
    const context = (lora: number) => ({
      lora: world.loras[lora] ?? "",
      family: world.families[family] ?? "",
      subject: world.subjects[subject] ?? "",
    });
    const chosen = arm === "holdout" ? popular : bestOf(slate, (lora) => taste.score(context(lora)).mean);
    regret += best - reward(chosen);
    popularityRegret += best - reward(popular);

    const isHostile = raterRandom() < hostileShare && attack !== null;
    const honest = pick(HONEST_RATERS, raterRandom);
    const liking = world.liking(chosen, family, subject);
    const stars = rate(liking, leniency[honest] ?? 0, raterRandom);
    const hostile = pick(HOSTILE_RATERS, raterRandom);
    events.push({
      id: String(round).padStart(6, "0"),
      manifest: sha256Hex(`${seed}/${round}`),
      rater: isHostile ? `hostile-${hostile}` : `rater-${honest}`,
      stars: isHostile && attack !== null ? attacked(attack, stars, liking, chosen === target) : stars,
      comment: "",
      at: round * HOUR_MS,
      batch: null,
      choice: choiceOf(context(chosen)),
      arm,
    });
  }
  return { regret, popularityRegret, learned: learn(events, { now: ratings * HOUR_MS }), world, events };
}

/** Draws that were never seen: any LoRA in any context, rated by strangers. */
export function heldOut({ learned, world }: TasteOutcome, draws: number, seed: number) {
  const random = seeded(seed + 4_000_037);
  const forecasts = Array.from({ length: draws }, (): Forecast => {
    const [lora, family, subject] = [world.loras, world.families, world.subjects].map((list) =>
      pick(list.length, random),
    ) as [number, number, number];
    const stars = rate(world.liking(lora, family, subject), LENIENCY * drawNormal(random), random);
    const context = {
      lora: world.loras[lora] ?? "",
      family: world.families[family] ?? "",
      subject: world.subjects[subject] ?? "",
    };
    return { probability: likelyLiked(learned, context), happened: isLiked(stars) };
  });
  return calibrationOf(forecasts);
}

function choiceOf({ lora, family, subject }: { lora: string; family: string; subject: string }) {
  return { loras: [lora], family, subject, steps: 30, guidance: 7, strengths: [0.8] };
}

function attacked(attack: Attack, honest: Stars, liking: number, isTarget: boolean): Stars {
  if (attack === "invert") return (6 - honest) as Stars;
  if (attack === "extreme") return liking > 0 ? 1 : 5;
  return isTarget ? 5 : 1;
}

function worstOf(world: World): number {
  const everywhere = (lora: number) =>
    world.families.flatMap((_, family) => world.subjects.map((_, subject) => world.liking(lora, family, subject)));
  return bestOf(world.loras.keys().toArray(), (lora) => -everywhere(lora).reduce((sum, each) => sum + each, 0));
}

function bestOf(items: readonly number[], score: (item: number) => number): number {
  const scores = items.map(score);
  return items[scores.indexOf(Math.max(...scores))] ?? 0;
}

const pick = (count: number, random: Random): number => Math.floor(random() * count);

function shuffled(count: number, random: Random): number[] {
  const items = Array.from({ length: count }, (_, at) => at);
  for (let at = count - 1; at > 0; at -= 1) {
    const other = pick(at + 1, random);
    [items[at], items[other]] = [items[other] ?? 0, items[at] ?? 0];
  }
  return items;
}
