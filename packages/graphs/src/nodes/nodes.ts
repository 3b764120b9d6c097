import { coreNodes } from "./core-nodes.ts";
import { packNodes } from "./pack-nodes.ts";
import type { Signature } from "./signature.ts";

type Packs = typeof packNodes;
type Merged<U> = (U extends unknown ? (value: U) => void : never) extends (value: infer I) => void ? I : never;

/** Every class that graphs here are made of. */
export type Nodes = typeof coreNodes & Merged<Packs[keyof Packs]>;
export type NodeName = keyof Nodes;
export type SignatureOf<N extends NodeName> = Nodes[N] extends Signature ? Nodes[N] : never;

const all: Readonly<Record<string, Signature>> = Object.assign({}, coreNodes, ...Object.values(packNodes));

export const signatureOf = (name: NodeName): Signature => {
  const found = all[name];
  if (found === undefined) throw new TypeError(`${name} is in no table of nodes`);
  return found;
};

export const nodeNames = Object.keys(all) as readonly NodeName[];
