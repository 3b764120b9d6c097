import type { ConfigFragment } from "@loramill/contracts";
import type { z } from "zod";

/** Any fragment, whatever it reads and makes of it. */
export interface AnyFragment {
  readonly env: z.ZodObject;
  readonly options: (env: never) => unknown;
}

/** The parts of a process's configuration, by the name under which their options appear. */
export type Fragments = Readonly<Record<string, AnyFragment>>;

export type OptionsOf<Fragment> = Fragment extends { readonly options: (env: never) => infer Options }
  ? Options
  : never;

export type ConfigOf<F extends Fragments> = { readonly [Name in keyof F]: OptionsOf<F[Name]> };

/** A fragment whose options are one field of another's: for fragments that nest their options themselves. */
export function inner<Shape extends z.ZodRawShape, Options extends object, Key extends keyof Options>(
  fragment: ConfigFragment<Shape, Options>,
  key: Key,
): ConfigFragment<Shape, Options[Key]> {
  return { env: fragment.env, options: (env) => fragment.options(env)[key] };
}
