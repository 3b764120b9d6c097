import { describe, expect, it } from "vitest";
import { z } from "zod";
import { fleetImages, fleetVariables } from "./fleet-variables.ts";

const { FLEET_IMAGE, FLEET_IMAGES } = fleetVariables;
const env = z.object({ FLEET_IMAGE, FLEET_IMAGES });
const images = (given: { FLEET_IMAGE?: string; FLEET_IMAGES?: string }) => fleetImages(env.parse(given));

describe("the images of rented machines", () => {
  it("are those of their trainers, of which several may share one", () => {
    const given = "sd-scripts=reg.example:5000/sd@sha256:abc, ai-toolkit=both:1,simpletuner=both:1";
    expect(images({ FLEET_IMAGES: given })).toEqual([
      { image: "reg.example:5000/sd@sha256:abc", trainers: ["sd-scripts"] },
      { image: "both:1", trainers: ["ai-toolkit", "simpletuner"] },
    ]);
    expect(images({})).toEqual([]);
  });

  it("are one for all trainers that none is named for", () => {
    expect(images({ FLEET_IMAGE: "all:1" })).toEqual([
      { image: "all:1", trainers: ["ai-toolkit", "sd-scripts", "simpletuner"] },
    ]);
    expect(images({ FLEET_IMAGE: "rest:1", FLEET_IMAGES: "sd-scripts=sd:1" })).toEqual([
      { image: "sd:1", trainers: ["sd-scripts"] },
      { image: "rest:1", trainers: ["ai-toolkit", "simpletuner"] },
    ]);
  });

  it("are refused where a trainer is not one, or has no image", () => {
    for (const wrong of ["kohya=a:1", "a:1", "sd-scripts="]) {
      expect(() => images({ FLEET_IMAGES: wrong }), wrong).toThrow("TRAINER=IMAGE");
    }
  });
});
