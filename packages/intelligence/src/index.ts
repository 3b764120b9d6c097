export { noTaste, type Taste, type TasteContext, type TasteModel } from "./taste.ts";
