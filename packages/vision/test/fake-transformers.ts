import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

/**
 * Puts a package of transformers.js' shape into a folder and answers the path of its build: the answer of each model is
 * what it was asked, as JSON. Pictures whose first value is a code below make it fail: 1 no memory, 2 a fault, 3 silence.
 */
export async function writeFakeTransformers(folder: string, version = "4.3.1"): Promise<string> {
  await mkdir(join(folder, "dist"), { recursive: true });
  await writeFile(join(folder, "package.json"), JSON.stringify({ name: "@huggingface/transformers", version }));
  const path = join(folder, "dist", "transformers.node.cjs");
  await writeFile(path, SOURCE);
  return path;
}

const SOURCE = `
const { existsSync, readFileSync } = require("node:fs");
const { join } = require("node:path");
const env = {};
exports.env = env;
exports.RawImage = class { constructor(data, width, height, channels) { Object.assign(this, { data, width, height, channels }); } };
const folderOf = (model) => join(env.localModelPath, model);
exports.AutoConfig = {
  from_pretrained: async (model) => JSON.parse(readFileSync(join(folderOf(model), "config.json"), "utf8")),
};
function look(model, picture, asked) {
  const code = picture.data[0];
  if (code === 1) throw new RangeError("Array buffer allocation failed");
  if (code === 2) throw new Error("shapes do not match");
  if (code === 3) return "";
  return JSON.stringify({ model, env, width: picture.width, height: picture.height, first: code, ...asked });
}
const broken = (model) => {
  const decoder = join(folderOf(model), "onnx", "decoder_model_merged.onnx");
  if (existsSync(decoder) && readFileSync(decoder, "utf8") === "broken") throw new Error("protobuf parsing failed");
};
exports.AutoProcessor = {
  from_pretrained: async () => Object.assign(async (picture, task) => ({ picture, task }), {
    batch_decode: ([text], { skip_special_tokens }) => [skip_special_tokens ? text : "</s><s>" + text + "</s><pad>"],
    post_process_generation: (text, task, size) => ({ [task]: text.replaceAll("<s>", "").replaceAll("</s>", "") }),
  }),
};
exports.Florence2ForConditionalGeneration = {
  from_pretrained: async (model, options) => {
    broken(model);
    return {
      generate: async ({ picture, task, max_new_tokens }) => [look(model, picture, { task, max_new_tokens, ...options })],
      dispose: async () => [],
    };
  },
};
exports.pipeline = async (task, model, options) => {
  broken(model);
  return Object.assign(async (picture, { max_new_tokens }) => [{ generated_text: look(model, picture, { task, max_new_tokens, ...options }) }], {
    dispose: async () => [],
  });
};
`;
