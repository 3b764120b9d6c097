import { describe, expect, it } from "vitest";
import { readAnnotations } from "./read-annotations.ts";

const file = (path: string, text: string | Uint8Array) => ({
  path,
  bytes: typeof text === "string" ? new TextEncoder().encode(text) : text,
});

function read(pictures: string[], files: Record<string, string>) {
  const { found, refused } = readAnnotations(
    pictures,
    Object.entries(files).map(([path, text]) => file(path, text)),
  );
  return {
    captions: Object.fromEntries([...found].map(([path, { caption }]) => [path, caption?.text])),
    repeats: Object.fromEntries([...found].flatMap(([path, { repeats }]) => (repeats ? [[path, repeats]] : []))),
    refused: refused.map(({ path, code }) => [path, code]),
  };
}

describe("captions beside pictures", () => {
  it("belong to the picture of the same name, whatever its ending, and to no other folder's", () => {
    const { captions, refused } = read(["a/one.jpg", "a/two.png", "b/one.jpg", "a/three.v2.webp"], {
      "a/one.txt": "first",
      "a/two.png.txt": "second",
      "a/three.v2.caption": "third",
    });
    expect(captions).toEqual({ "a/one.jpg": "first", "a/two.png": "second", "a/three.v2.webp": "third" });
    expect(refused).toEqual([]);
  });

  it("are one line without a byte order mark, and .txt goes before .caption", () => {
    const { captions } = read(["x.png"], { "x.caption": "other", "x.TXT": "\ufeff  a dog,\r\n\ton grass \n" });
    expect(captions).toEqual({ "x.png": "a dog, on grass" });
  });

  it("that cannot be used are refused with the reason, and the picture stays", () => {
    const { found, refused } = readAnnotations(
      ["a.png", "b.png", "c.png", "d.png"],
      [
        file("a.txt", " \n"),
        file("b.txt", new Uint8Array([0xff, 0xfe, 0x61, 0x00])),
        file("c.txt", "x".repeat(9000)),
        file("readme.txt", "hello"),
      ],
    );
    expect(found.size).toBe(0);
    expect(refused.map(({ path, code }) => [path, code])).toEqual([
      ["a.txt", "caption-empty"],
      ["b.txt", "caption-not-text"],
      ["c.txt", "caption-too-long"],
      ["readme.txt", "caption-without-image"],
    ]);
  });
});

describe("tables", () => {
  it("of Hugging Face's imagefolder are read, JSON lines and CSV", () => {
    expect(
      read(["train/a.png", "train/sub/b.png", "test/a.png"], {
        "train/metadata.jsonl": '{"file_name":"a.png","text":"first"}\n\n{"file_name":"sub/b.png","text":"second"}\n',
        "test/metadata.csv": '\ufefffile_name,text\na.png,"a ""quoted"", long\ncaption"\n',
      }),
    ).toEqual({
      captions: { "train/a.png": "first", "train/sub/b.png": "second", "test/a.png": 'a "quoted", long caption' },
      repeats: {},
      refused: [],
    });
  });

  it("of another machine are matched by the end of the path, where that is clear", () => {
    const { captions, refused } = read(["images/x/1.png", "images/y/1.png", "images/y/2.png"], {
      "set.jsonl": [
        '{"image_path":"/data/me/images/x/1.png","caption":"x one"}',
        '{"image_path":"C:\\\\set\\\\2.png","caption":"two"}',
        '{"image_path":"/elsewhere/1.png","caption":"which one?"}',
      ].join("\n"),
    });
    expect(captions).toEqual({ "images/x/1.png": "x one", "images/y/2.png": "two" });
    expect(refused).toEqual([["set.jsonl", "rows-refused"]]);
  });

  it("that are damaged in places give what they can, and name the lines", () => {
    const { found, refused } = readAnnotations(
      ["a.png"],
      [file("metadata.jsonl", '{"file_name":"a.png","text":"fine"}\nnot json\n[1]\n{"text":"no file"}\n')],
    );
    expect(found.get("a.png")?.caption).toEqual({ text: "fine", origin: "metadata.jsonl" });
    expect(refused[0]?.message).toMatch(/line 2: it is not JSON; line 3: .*; line 4: no column names a picture/);
  });

  it("never lead outside the source", () => {
    expect(read(["a.png"], { "m.jsonl": '{"file_name":"../../a.jpg","text":"x"}' })).toMatchObject({
      captions: {},
      refused: [["m.jsonl", "rows-refused"]],
    });
  });
});

describe("trainers' conventions", () => {
  it("kohya's folders say repeats, and class tokens for pictures without a caption", () => {
    expect(read(["10_sks dog/1.png", "10_sks dog/2.png", "1_dog/3.png"], { "10_sks dog/2.txt": "my words" })).toEqual({
      captions: { "10_sks dog/1.png": "sks dog", "10_sks dog/2.png": "my words", "1_dog/3.png": "dog" },
      repeats: { "10_sks dog/1.png": 10, "10_sks dog/2.png": 10, "1_dog/3.png": 1 },
      refused: [],
    });
  });

  it("a year or a stray number is no number of repeats", () => {
    expect(read(["2019_holiday/1.png"], {})).toEqual({ captions: {}, repeats: {}, refused: [] });
    expect(read(["10_dog/1.png", "other/2.png"], {})).toEqual({ captions: {}, repeats: {}, refused: [] });
  });

  it("sd-scripts' TOML gives repeats and class tokens by folder, inherited from general to subset", () => {
    const toml = `
[general]
num_repeats = 2
[[datasets]]
resolution = 512
  [[datasets.subsets]]
  image_dir = "dogs"
  class_tokens = "sks dog"
  [[datasets.subsets]]
  image_dir = '/home/me/cats'
  num_repeats = 5
`;
    expect(read(["set/dogs/1.png", "set/cats/2.png", "set/3.png"], { "set/dataset.toml": toml })).toEqual({
      captions: { "set/dogs/1.png": "sks dog", "set/cats/2.png": undefined },
      repeats: { "set/dogs/1.png": 2, "set/cats/2.png": 5 },
      refused: [],
    });
  });

  it("SimpleTuner's backends count repeats beyond the first", () => {
    const backends = [
      { id: "a", type: "local", instance_data_dir: "images", caption_strategy: "textfile", repeats: 3 },
      { id: "t", type: "local", dataset_type: "text_embeds", default: true },
    ];
    expect(read(["images/1.png"], { "multidatabackend.json": JSON.stringify(backends) }).repeats).toEqual({
      "images/1.png": 4,
    });
  });

  it("ai-toolkit's job file is read whole", () => {
    const yaml =
      "job: extension\nconfig:\n  name: x\n  process:\n    - type: sd_trainer\n      datasets:\n        - folder_path: /root/images\n          num_repeats: 7\n";
    expect(read(["images/1.png"], { "config.yaml": yaml }).repeats).toEqual({ "images/1.png": 7 });
  });

  it("sd-scripts' fine-tuning metadata and a WebDataset sample's JSON give captions", () => {
    const metadata = { "/x/a.png": { caption: "a dog", tags: "grass, sun" }, b: { tags: "cat" } };
    expect(read(["a.png", "b.jpg"], { "meta_cap.json": JSON.stringify(metadata) }).captions).toEqual({
      "a.png": "a dog, grass, sun",
      "b.jpg": "cat",
    });
    expect(read(["0001.jpg"], { "0001.json": '{"caption":"from the sample","width":3}' }).captions).toEqual({
      "0001.jpg": "from the sample",
    });
  });

  it("a file that says nothing of the pictures is named as such", () => {
    const files = { "package.json": '{"name":"x"}', "broken.toml": "a = = 1", "pyproject.toml": "[tool]\nx = 1" };
    expect(read(["a.png"], files).refused).toEqual([
      ["package.json", "unknown-annotations"],
      ["broken.toml", "config-damaged"],
      ["pyproject.toml", "unknown-annotations"],
    ]);
  });
});
