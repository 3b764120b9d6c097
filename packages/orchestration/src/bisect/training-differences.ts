import {
  canonicalJson,
  type Json,
  type PreparedImage,
  type PrepareSettings,
  type Recipe,
  type RecipeField,
  recipeFields,
} from "@loramill/contracts";
import { sayDifference } from "../describe-diff.ts";
import { differences } from "../diff-plans.ts";

/** What decided a training, as far as it can be chosen again. */
export interface TrainingFacts {
  readonly backend: string;
  readonly recipe: Recipe;
  readonly prepare: PrepareSettings;
  /** With the captions and repeats that the training saw. */
  readonly pictures: readonly PreparedImage[];
}

/** One difference that can be there or not, whatever becomes of the others. */
export interface TrainingDifference {
  /** Such as `recipe.rank` or `added 3f9a61c2…`: the same for the same two trainings. */
  readonly id: string;
  /** What the bad one has instead, in a clause. */
  readonly sentence: string;
  /** What it changes of a training that has none of it. */
  readonly apply: (facts: TrainingFacts) => TrainingFacts;
}

/** Fields that mean nothing, or something impossible, without one another. */
const TOGETHER: readonly (readonly RecipeField[])[] = [
  ["family", "baseModel", "baseQuantisation", "experts"],
  ["convRank", "convAlpha"],
  ["trainTextEncoder", "textEncoderLearningRate"],
  ["optimiser", "optimiserArgs"],
  ["scheduler", "schedulerCycles", "schedulerPower"],
  ["buckets", "bucketMinSide", "bucketMaxSide", "bucketStep", "bucketUpscale", "randomCrop"],
  ["shuffleTokens", "keepTokens"],
  ["timestepSampling", "timestepShift"],
];
/** What is kept and drawn on the way, which changes nothing of what comes out. */
const BESIDE: readonly string[] = ["saveEverySteps", "samplePrompts", "sampleEverySteps"] satisfies RecipeField[];

/**
 * What differs between a good and a bad training, in the order in which it is halved: pictures, captions, preparation,
 * recipe, backend. Pictures that came stand before those that went, so that no beginning of the row is without any.
 */
export function trainingDifferences(good: TrainingFacts, bad: TrainingFacts): TrainingDifference[] {
  const [before, after] = [keyed(good.pictures), keyed(bad.pictures)];
  const both = [...after].flatMap(([key, is]) => {
    const was = before.get(key);
    return was === undefined ? [] : [{ key, was, is }];
  });
  const hasOtherTrigger = good.recipe.triggerWord !== bad.recipe.triggerWord;
  const recaptioned = both.filter(({ was, is }) => was.caption?.text !== is.caption?.text);
  const isReprepared = canonicalJson(good.prepare) !== canonicalJson(bad.prepare);
  return [
    ...[...after].filter(([key]) => !before.has(key)).map(([key, picture]) => added(key, picture)),
    ...[...before].filter(([key]) => !after.has(key)).map(([key, picture]) => removed(key, picture)),
    // Captions hold the trigger word: neither makes sense without the other.
    ...(hasOtherTrigger ? [retriggered(good, bad, recaptioned)] : recaptioned.map(recaption)),
    ...both.filter(({ was, is }) => (was.repeats ?? 1) !== (is.repeats ?? 1)).map(reweight),
    ...(isReprepared ? [reprepared(good, bad)] : []),
    ...recipeDifferences(good, bad, ["triggerWord", ...(isReprepared ? ["resolution"] : [])]),
    ...(good.backend === bad.backend
      ? []
      : [
          {
            ...{ id: "backend", sentence: `trained by ${bad.backend} instead of ${good.backend}` },
            apply: (facts: TrainingFacts) => ({ ...facts, backend: bad.backend }),
          },
        ]),
  ];
}

/** The good training with some of the differences, its pictures in the order of their names. */
export function applyDifferences(
  good: TrainingFacts,
  all: readonly TrainingDifference[],
  places: readonly number[],
): TrainingFacts {
  const facts = places.reduce((so, place) => all[place]?.apply(so) ?? so, good);
  return { ...facts, pictures: freeNames([...facts.pictures].sort((a, b) => (a.path < b.path ? -1 : 1))) };
}

/** A picture is known by its bytes; one that is there twice is told apart by its place among its copies. */
function keyed(pictures: readonly PreparedImage[]): Map<string, PreparedImage> {
  const seen = new Map<string, number>();
  return new Map(
    pictures.map((picture) => {
      const { sha256 } = picture.original;
      const copies = seen.get(sha256) ?? 0;
      seen.set(sha256, copies + 1);
      return [copies === 0 ? sha256 : `${sha256}#${copies}`, picture];
    }),
  );
}

type Pair = { readonly key: string; readonly was: PreparedImage; readonly is: PreparedImage };

const short = (key: string): string => key.replace(/^[0-9a-f]{64}/, (digest) => digest.slice(0, 12));

const added = (key: string, picture: PreparedImage): TrainingDifference => ({
  id: `added ${short(key)}`,
  sentence: `with the picture ${picture.path}`,
  apply: (facts) => ({ ...facts, pictures: [...facts.pictures, picture] }),
});

const removed = (key: string, { path }: PreparedImage): TrainingDifference => ({
  id: `removed ${short(key)}`,
  sentence: `without the picture ${path}`,
  apply: (facts) => ({
    ...facts,
    pictures: [...keyed(facts.pictures)].flatMap(([at, one]) => (at === key ? [] : [one])),
  }),
});

const recaption = ({ key, was, is }: Pair): TrainingDifference => ({
  id: `caption ${short(key)}`,
  sentence: `the caption of ${was.path} is ${quoted(is)} instead of ${quoted(was)}`,
  apply: (facts) => withPicture(facts, key, (picture) => captionedAs(picture, is)),
});

const reweight = ({ key, was, is }: Pair): TrainingDifference => ({
  id: `repeats ${short(key)}`,
  sentence: `${was.path} is shown ${is.repeats ?? 1} times an epoch instead of ${was.repeats ?? 1}`,
  apply: (facts) => withPicture(facts, key, (picture) => ({ ...picture, repeats: is.repeats ?? 1 })),
});

function retriggered(good: TrainingFacts, bad: TrainingFacts, pairs: readonly Pair[]): TrainingDifference {
  const { triggerWord } = bad.recipe;
  const others = pairs.length === 0 ? "" : `, in ${pairs.length} captions`;
  return {
    id: "trigger",
    sentence: `the trigger word is ${triggerWord ?? "left out"} instead of ${good.recipe.triggerWord ?? "none"}${others}`,
    apply: (facts) =>
      pairs.reduce((so, { key, is }) => withPicture(so, key, (picture) => captionedAs(picture, is)), {
        ...facts,
        recipe: { ...facts.recipe, triggerWord },
      }),
  };
}

function reprepared(good: TrainingFacts, bad: TrainingFacts): TrainingDifference {
  const how = differences(good.prepare as Json, bad.prepare as Json).map(sayDifference);
  return {
    id: "preparation",
    sentence: `the pictures are prepared otherwise: ${how.join(", ")}`,
    apply: (facts) => ({
      ...facts,
      prepare: bad.prepare,
      recipe: { ...facts.recipe, resolution: bad.recipe.resolution },
    }),
  };
}

function recipeDifferences(good: TrainingFacts, bad: TrainingFacts, told: readonly string[]): TrainingDifference[] {
  const fields = recipeFields.filter(
    (field) =>
      !told.includes(field) &&
      !BESIDE.includes(field) &&
      canonicalJson(good.recipe[field]) !== canonicalJson(bad.recipe[field]),
  );
  const groups = Map.groupBy(fields, (field) => TOGETHER.findIndex((group) => group.includes(field)));
  const apart = (groups.get(-1) ?? []).map((field) => [field]);
  groups.delete(-1);
  return [...groups.values(), ...apart].map((group) => {
    const changes = Object.fromEntries(group.map((field) => [field, bad.recipe[field]])) as Partial<Recipe>;
    const sentences = group.map((field) =>
      sayDifference({ path: field, from: good.recipe[field] as Json, to: bad.recipe[field] as Json }),
    );
    return {
      id: `recipe.${group.join("+")}`,
      sentence: sentences.join(" and "),
      apply: (facts) => ({ ...facts, recipe: { ...facts.recipe, ...changes } }),
    };
  });
}

function withPicture(
  facts: TrainingFacts,
  key: string,
  change: (picture: PreparedImage) => PreparedImage,
): TrainingFacts {
  const pictures = [...keyed(facts.pictures)].map(([at, picture]) => (at === key ? change(picture) : picture));
  return { ...facts, pictures };
}

function captionedAs({ caption: _, ...picture }: PreparedImage, { caption }: PreparedImage): PreparedImage {
  return caption === undefined ? picture : { ...picture, caption };
}

function quoted({ caption }: PreparedImage): string {
  const text = caption?.text ?? "";
  return text === "" ? "left out" : `"${text.length <= 60 ? text : `${text.slice(0, 57)}…`}"`;
}

/** Different pictures of the two trainings may have one name. */
function freeNames(pictures: readonly PreparedImage[]): PreparedImage[] {
  const used = new Set<string>();
  return pictures.map((picture) => {
    let { path } = picture;
    for (let n = 2; used.has(path); n += 1) path = picture.path.replace(/(\.[^./]*)?$/, (ending) => `-${n}${ending}`);
    used.add(path);
    return path === picture.path ? picture : { ...picture, path };
  });
}
