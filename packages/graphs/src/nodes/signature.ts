import type { Link } from "../graph.ts";

/**
 * What a class takes and gives, as data. An input is a literal (`INT`, `FLOAT`, `STRING`, `BOOLEAN`, `COMBO`), the name of
 * a file in one of the server's folders (`@checkpoints`; `@input`: an upload), or the output of another node by its type
 * (`MODEL`, `LATENT` …). A trailing `?` marks what may be left out.
 */
export type Signature = readonly [inputs: Readonly<Record<string, string>>, outputs: readonly string[]];
export type Signatures = Readonly<Record<string, Signature>>;

declare const type: unique symbol;
/** A link that knows what comes out of it, so that it fits into inputs of that type only. */
export type Output<T extends string> = Link & { readonly [type]: T };

type Plain<T extends string> = T extends `${infer Required}?` ? Required : T;
type Given<T extends string> = T extends "INT" | "FLOAT"
  ? number | Output<T>
  : T extends "STRING"
    ? string | Output<T>
    : T extends `@${string}`
      ? string
      : T extends "BOOLEAN"
        ? boolean
        : T extends "COMBO"
          ? string | number
          : Output<T>;

/** The inputs that a node of the signature is made with. */
export type InputsOf<S extends Signature> = {
  readonly [K in keyof S[0] as S[0][K] extends `${string}?` ? never : K]: Given<S[0][K]>;
} & {
  readonly [K in keyof S[0] as S[0][K] extends `${string}?` ? K : never]?: Given<Plain<S[0][K]>> | undefined;
};

type OutputsFor<Types extends readonly string[]> = { readonly [I in keyof Types]: Output<Types[I]> };
/** The outputs of a node of the signature, by slot. */
export type OutputsOf<S extends Signature> = OutputsFor<S[1]>;
