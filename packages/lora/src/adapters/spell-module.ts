import type { LoraFamily } from "@loramill/contracts";
import { cannotConvert } from "./cannot-convert.ts";
import type { Dialect } from "./dialects.ts";
import { isOneToOne, type ModuleNames, type NamedModule, partName, wholeName } from "./module-names.ts";
import { nativeToXlabs } from "./xlabs.ts";

/** What a dialect calls a module that is already in the dialect's layout. Throws UserError `cannot-convert`. */
export function spellModule(named: NamedModule, names: ModuleNames, family: LoraFamily, dialect: Dialect): string {
  const { component, place, part } = named;
  const module = part === "whole" ? wholeName(component, place) : partName(component, place, part);
  const isDenoiser = component === names.modules.components[0];
  switch (dialect) {
    case "kohya": {
      const path = names.modules.kohyaNames === "native" ? place.native : (place.parts[0] ?? place.native);
      return `${component.kohya[0]}${path.replaceAll(".", "_")}`;
    }
    case "comfyui":
      return `${component.comfyui}${place.native}`;
    case "diffusers":
      if (part === "whole" && !isOneToOne(place)) throw cannotConvert(module, "diffusers has no such module");
      return module;
    case "bfl":
      if (family !== "flux" || !isDenoiser)
        throw cannotConvert(module, "BFL's format is for the Flux transformer only");
      return place.native;
    case "xlabs": {
      const stem = family === "flux" && isDenoiser ? nativeToXlabs(place.native) : null;
      if (stem === null) throw cannotConvert(module, "xlabs' format is for the attention of Flux only");
      return stem;
    }
  }
}
