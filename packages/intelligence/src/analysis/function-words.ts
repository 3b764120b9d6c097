/** English words that say nothing about a picture by themselves, and the boosters that prompts are padded with. */
export const FUNCTION_WORDS: ReadonlySet<string> = new Set(
  `a an the and or but of in on at to for from by with without into onto over under up down out off as is are was were be been
being it its this that these those he she they them his her their my your our i you we who which what where when while there
here very really so too more most some any all each every no not never than then very highly quality best masterpiece
detailed detail details intricate beautiful amazing stunning awesome ultra super extremely high resolution res hd uhd 4k 8k
absurdres highres trending award winning professional`.split(/\s+/),
);
