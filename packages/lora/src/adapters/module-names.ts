import { type FamilyComponent, type FamilyModules, familyModules } from "./family-modules.ts";
import type { MappedFamily } from "./mapped-families.ts";
import type { ModulePlace } from "./modules/module-place.ts";

/** Where a canonical name points: the whole place, or one of the parts diffusers splits it into. */
export interface NamedModule {
  readonly component: FamilyComponent;
  readonly place: ModulePlace;
  readonly part: number | "whole";
}

export interface ModuleNames {
  readonly modules: FamilyModules;
  /** Canonical names and where they point. */
  readonly byModule: ReadonlyMap<string, NamedModule>;
  /** The canonical name of what a file calls a module, in any dialect; null when the family has no such module. */
  resolve(stem: string): string | null;
}

/** A place that both worlds hold in one module of the same layout: it needs no more than another name. */
export function isOneToOne({ parts, swapsHalves }: ModulePlace): boolean {
  return parts.length === 1 && swapsHalves !== true;
}

/** Canonical name: diffusers' path, or the native one of a module that diffusers splits or lays out otherwise. */
export function wholeName(component: FamilyComponent, place: ModulePlace): string {
  return `${component.name}.${isOneToOne(place) ? place.parts[0] : place.native}`;
}

export function partName(component: FamilyComponent, place: ModulePlace, part: number): string {
  return `${component.name}.${place.parts[part]}`;
}

const indexed = new Map<FamilyModules, ModuleNames>();

/** All names of a family's modules; made once. */
export function moduleNames(family: MappedFamily, variant: string | null): ModuleNames {
  const modules = familyModules(family, variant);
  const names = indexed.get(modules) ?? index(modules);
  indexed.set(modules, names);
  return names;
}

function index(modules: FamilyModules): ModuleNames {
  const byModule = new Map<string, NamedModule>();
  // Both keyed by the component's name and the rest of what the file says.
  const dotted = new Map<string, string>();
  const flattened = new Map<string, string>();
  for (const component of modules.components) {
    const add = (path: string, module: string, named: NamedModule) => {
      byModule.set(module, named);
      dotted.set(`${component.name} ${path}`, module);
      flattened.set(`${component.name} ${path.replaceAll(".", "_")}`, module);
    };
    for (const place of component.places) {
      const whole = wholeName(component, place);
      add(place.native, whole, { component, place, part: "whole" });
      if (place.fusedPart !== undefined) add(place.fusedPart, whole, { component, place, part: "whole" });
      place.parts.forEach((path, part) => {
        if (isOneToOne(place)) add(path, whole, { component, place, part: "whole" });
        else add(path, partName(component, place, part), { component, place, part });
      });
    }
  }
  const resolve = (stem: string): string | null => {
    const readings = modules.components.flatMap((component, i) => readingsOf(stem, component, i === 0));
    for (const { component, path, isFlat } of readings) {
      const found = (isFlat ? flattened : dotted).get(`${component} ${path}`);
      if (found !== undefined) return found;
    }
    return null;
  };
  return { modules, byModule, resolve };
}

interface Reading {
  readonly component: string;
  readonly path: string;
  readonly isFlat: boolean;
}

const WRAPPERS = /^base_model\.model\./;
const DENOISER = /^(?:model\.)?diffusion_model\.|^(?:unet|transformer)\./;

/** Every way to read a stem as a path of one component; bare paths belong to the denoiser, the first component. */
function readingsOf(stem: string, component: FamilyComponent, isDenoiser: boolean): Reading[] {
  const readings: Reading[] = [];
  const add = (path: string, isFlat: boolean) => readings.push({ component: component.name, path, isFlat });
  for (const prefix of component.kohya) if (stem.startsWith(prefix)) add(stem.slice(prefix.length), true);
  const bare = stem.replace(WRAPPERS, "");
  for (const prefix of [component.comfyui, `${component.name}.`]) {
    if (bare.startsWith(prefix)) add(plainPath(bare.slice(prefix.length)), false);
  }
  if (isDenoiser) add(plainPath(bare.replace(DENOISER, "")), false);
  return readings;
}

/** Old diffusers files put the matrices into attention processors, whose output is called `to_out`. */
function plainPath(path: string): string {
  return path.includes(".processor.") ? path.replace(".processor.", ".").replace(/\.to_out$/, ".to_out.0") : path;
}
