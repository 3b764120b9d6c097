import { UserError } from "@loramill/contracts";
import { answerQuestions } from "../src/threads/answer-questions.ts";

/** Says again what it is asked, refuses "bad", dies of "die". */
answerQuestions(async (text: string) => {
  if (text === "die") process.exit(3);
  if (text === "bad") throw new UserError("that is bad", { code: "bad-word", details: { word: text } });
  return text;
});
