import { CaptionStyle } from "@loramill/contracts";
import { describe, expect, it } from "vitest";
import { cleanCaption, dropUnfinished } from "./clean-caption.ts";
import { combineCaptions, finishCaption } from "./finish-caption.ts";
import { simpleCaption } from "./simple-caption.ts";
import { visionPrompt } from "./vision-prompt.ts";

const style = (over: Partial<CaptionStyle> = {}) => CaptionStyle.parse(over);

describe("cleanCaption", () => {
  it.each([
    ["This image shows a brown dog on grass.", "a brown dog on grass"],
    ["The image depicts two cats. Overall, the mood is calm.", "two cats"],
    ["In this picture, we can see a red car parked by a wall", "a red car parked by a wall"],
    ["Sure! Here is a caption for the image:\n\n**A small boat at sea**", "a small boat at sea"],
    ['Caption: "A lighthouse at night"', "a lighthouse at night"],
    ["There is a bird. There is a bird. There is a bird.", "a bird"],
    ["<think>what is it</think>A cup of tea<|im_end|>", "a cup of tea"],
    ["tree, sky, sky, sky, sky, lake, tree", "tree, sky, lake"],
    ["a wall with a tree and a tree and a tree and a tree and", "a wall with a tree"],
    ["I'm sorry, but I can't say who this is. A man sits on a bench.", "a man sits on a bench"],
    ["As an AI model I cannot describe people.", ""],
    ["### Caption\n- a **red** long_coat\n- a hat", "a red long_coat, a hat"],
    ["1. a dog.\n2. a cat", "a dog, a cat"],
    ["Berlin at night , seen from  above .", "Berlin at night, seen from above"],
    ["", ""],
  ])("turns %j into %j", (raw, expected) => {
    expect(cleanCaption(raw)).toBe(expected);
  });

  it("takes a megabyte of anything in well under a second", () => {
    const started = performance.now();
    for (const raw of ["in the ".repeat(200_000), ",".repeat(1_000_000), "<think>".repeat(150_000)]) cleanCaption(raw);
    expect(performance.now() - started).toBeLessThan(2_000);
  });

  it("drops what a token limit cut off", () => {
    expect(dropUnfinished("A dog sits. It looks at the")).toBe("A dog sits.");
    expect(dropUnfinished("a dog, brown fur, on gra")).toBe("a dog, brown fur");
  });
});

describe("finishCaption", () => {
  it("puts the trigger word first and nowhere else", () => {
    const options = style({ triggerWord: "sks", className: "dog" });
    expect(finishCaption("The image shows a brown dog on grass.", options)).toBe("sks, a brown dog on grass");
    expect(finishCaption("sitting in a basket", options)).toBe("sks dog, sitting in a basket");
    expect(finishCaption("a photo of SKS dog, sks looks up", options)).toBe("sks, a photo of dog, looks up");
    expect(finishCaption("", options)).toBe("sks dog");
  });

  it("knows a trigger word of several words that holds the class", () => {
    const options = style({ triggerWord: "sks dog", className: "dog" });
    expect(finishCaption("running on sand", options)).toBe("sks dog, running on sand");
    expect(finishCaption("sks dog running", options)).toBe("sks dog running");
  });

  it("does not take a word apart that only contains the trigger word", () => {
    expect(finishCaption("a task on masks", style({ triggerWord: "sk" }))).toBe("sk, a task on masks");
  });

  it("changes nothing when it is done again", () => {
    const options = style({ triggerWord: "sks", className: "dog", tags: ["film grain", "35mm"], maxWords: 14 });
    const raws = [
      "sitting in a very large basket with many other things beside it",
      "a dog",
      "",
      "sks dog sitting. A cat.",
    ];
    for (const raw of raws) {
      const once = finishCaption(raw, options);
      expect(finishCaption(once, options)).toBe(once);
    }
  });

  it("cuts at a word, keeps trigger word and tags, and leaves nothing dangling", () => {
    const options = style({ triggerWord: "sks", tags: ["oil painting"], maxWords: 8 });
    const caption = finishCaption("a dog that sits in the middle of a field", options);
    expect(caption).toBe("sks, a dog that sits, oil painting");
    expect(caption.split(" ").length).toBeLessThanOrEqual(8);
    expect(finishCaption("a dog that sits", style({ triggerWord: "sks", tags: ["oil painting"], maxWords: 1 }))).toBe(
      "sks",
    );
  });

  it("adds only the tags that the text does not have", () => {
    expect(finishCaption("a dog, watercolor", style({ tags: ["watercolor", "soft"] }))).toBe("a dog, watercolor, soft");
  });

  it("keeps a person's words first when captions are combined", () => {
    expect(combineCaptions("Rex in the garden", "a dog, green tones, the garden, bright")).toBe(
      "Rex in the garden, a dog, green tones, bright",
    );
  });
});

describe("simpleCaption", () => {
  it("fills the template and leaves no hole where nothing is known", () => {
    expect(simpleCaption("a.png", style({ className: "owl" }))).toBe("a photo of an owl");
    expect(simpleCaption("10_red cars/IMG_001.png", style())).toBe("a photo of a red cars");
    expect(simpleCaption("images/IMG_001.png", style())).toBe("a photo");
    expect(simpleCaption("x/old-barn.jpg", style({ template: "{file}, {folder}, {nothing}" }))).toBe(
      "old barn, {nothing}",
    );
  });

  it("says the trigger word once in the end, whatever the template", () => {
    const options = style({ triggerWord: "sks", className: "dog", template: "a photo of {trigger} {class}" });
    expect(finishCaption(simpleCaption("a.png", options), options)).toBe("sks, a photo of dog");
    expect(finishCaption(simpleCaption("a.png", style({ triggerWord: "sks" })), style({ triggerWord: "sks" }))).toBe(
      "sks, a photo",
    );
  });
});

describe("visionPrompt", () => {
  it("names the class and the length, and never the trigger word", () => {
    const { user } = visionPrompt(style({ className: "dog", triggerWord: "sks", maxWords: 40 }));
    expect(user).toContain("30 words");
    expect(user).toContain("the dog");
    expect(user).not.toContain("sks");
  });

  it("asks what the recipe wants to know, in the form that is wanted, or what the style asks itself", () => {
    expect(visionPrompt(style({ recipe: "identity", className: "woman" })).user).toContain('only "the woman"');
    expect(visionPrompt(style({ recipe: "style" })).user).toContain("no medium");
    expect(visionPrompt(style({ recipe: "product", className: "shoe" })).user).toContain("label and logo");
    expect(visionPrompt(style({ form: "tags" })).user).toContain("short tags");
    expect(visionPrompt(style({ prompt: " Name the dish. " })).user).toBe("Name the dish.");
  });
});
