import { describe, expect, it } from "vitest";
import { analysePrompt } from "./prompt-rules.ts";

describe("detectLanguage", () => {
  it.each([
    ["a portrait of a woman with red hair", "en"],
    ["1girl, solo, long hair, forest", "en"],
    ["Porträt einer Frau mit roten Haaren im Wald", "de"],
    ["portrait d'une femme dans la forêt avec un chat", "fr"],
    ["retrato de una mujer en el bosque con un gato", "es"],
    ["ritratto di una donna nella foresta con il gatto", "it"],
    ["retrato de uma mulher na floresta com um cão", "pt"],
    ["portret van een vrouw in het bos", "nl"],
    ["kobieta z kotem na łące przed domem", "pl"],
    ["en kvinna i skogen med ett vitt hus och en å", "sv"],
    ["ormanda bir kadın ve küçük ağaç altında çok güzel ışık", "tr"],
    ["森の中の猫", "ja"],
    ["森林中的女孩", "zh"],
    ["숲 속의 고양이", "ko"],
    ["кот в лесу", "ru"],
    ["кіт у лісі їсть", "uk"],
    ["قطة في الغابة", "ar"],
    ["חתול ביער", "he"],
    ["γάτα στο δάσος", "el"],
    ["जंगल में बिल्ली", "hi"],
    ["แมวในป่า", "th"],
  ])("takes %s for %s", (prompt, code) => {
    const { language } = analysePrompt({ prompt, negativePrompt: "" });
    expect(language.code).toBe(code);
    expect(language.confidence).toBeGreaterThan(0.4);
    expect(language.confidence).toBeLessThanOrEqual(1);
  });

  it.each(["", "xyzzy qwrt", "12345", "!!!"])("does not guess at %j", (prompt) => {
    expect(analysePrompt({ prompt, negativePrompt: "" }).language).toEqual({ code: null, confidence: 0 });
  });

  it("is not led astray by one foreign name", () => {
    const prompt = "a portrait of a woman named さくら in the garden of her house";
    expect(analysePrompt({ prompt, negativePrompt: "" }).language.code).toBe("en");
  });
});
