import { findFamily } from "@loramill/graphs";
import { backendContext } from "@loramill/testkit";
import { describe, expect, it } from "vitest";
import { make, openDrawing } from "../../../test/comfyui-drawing.ts";
import { picture } from "../../../test/comfyui-generation-setup.ts";

describe("LoRAs", () => {
  const styled = (seed: number, lora = "style") => picture({ seed, loras: [{ lora, strength: 0.7 }] });

  it("are placed once under the digest of their content, and applied", async () => {
    const { backend, server, requestOf, openAs, stores, lora } = await openDrawing();
    await make(backend, await requestOf([styled(1), styled(2), picture({ seed: 3 })]));
    const { weights } = await lora("style");
    const name = `loramill-${weights.sha256.slice(0, 32)}.safetensors`;
    expect(server.runner.files.names("output/loras")).toEqual([name]);
    const uploads = server.requests.filter((request) => request.startsWith("POST /upload")).length;
    const other = openAs({ stores });
    await make(other, await requestOf([styled(4)], "job-2"));
    await other.close();
    expect(server.requests.filter((request) => request.startsWith("POST /upload"))).toHaveLength(uploads);
  });

  it.each([
    ["is told beforehand", {}],
    ["is found by sending", { hidesLimit: true }],
  ])(
    "that a server does not take are named, where its limit %s",
    async (_how, { hidesLimit = false }: { hidesLimit?: boolean }) => {
      const { backend, requestOf, server } = await openDrawing({ maxUploadBytes: 1_500 });
      if (hidesLimit) server.misbehave({ kind: "status", path: "/features", status: 404 });
      await expect(backend.submit(await requestOf([styled(1)]), backendContext())).rejects.toMatchObject({
        errorClass: "user",
        code: "lora-unloadable",
        details: { lora: "style" },
      });
      expect((await make(backend, await requestOf([picture()]))).files).toHaveLength(1);
    },
  );

  it("that cannot be read are named, and the job goes on without them under the same marker", async () => {
    const { backend, server, requestOf } = await openDrawing();
    server.misbehave({ kind: "fail-lora", message: "Error while deserializing header" });
    const request = await requestOf([styled(1), picture({ seed: 2 })]);
    await expect(make(backend, request)).rejects.toMatchObject({
      code: "lora-unloadable",
      details: { lora: "style" },
    });
    const without = await requestOf([picture({ seed: 1 }), picture({ seed: 2 })]);
    expect((await make(backend, without)).files).toHaveLength(2);
  });

  it("for two experts go on each their own, as two files", async () => {
    const usual = findFamily({ kind: "text-to-video", model: { family: "wan22", files: {}, weightDtype: "default" } });
    const { highNoise = "", lowNoise = "", textEncoders = [], vae = "" } = usual?.usual.files ?? {};
    const models = { diffusion_models: [highNoise, lowNoise], text_encoders: textEncoders, vae: [vae] };
    const { backend, server, requestOf, lora } = await openDrawing({ models });
    const video = { kind: "text-to-video", model: { family: "wan22" }, frames: 5, loras: [{ lora: "pair" }] };
    const request = await requestOf([picture(video)]);
    const [high, low] = [await lora("high"), await lora("low")];
    const files = [
      { role: "high" as const, weights: high.weights, tensorsSha256: high.tensorsSha256 },
      { role: "low" as const, weights: low.weights, tensorsSha256: low.tensorsSha256 },
    ];
    const items = request.items.map((item) => ({ ...item, loras: { pair: { ...high, name: "pair", files } } }));
    const made = await make(backend, { ...request, items });
    expect(made.files).toMatchObject([{ frames: 5, file: { mediaType: "video/mp4" } }]);
    expect(server.runner.files.names("output/loras")).toHaveLength(2);
    const [entry] = server.runner.history.values();
    const graph = JSON.stringify(entry?.prompt[2]);
    for (const { weights } of files) expect(graph).toContain(weights.sha256.slice(0, 32));
  });

  it("change their strength over the steps by hooks, and are refused that where the model cannot", async () => {
    const { backend, server, requestOf } = await openDrawing();
    const schedule = [{ at: 0.5, strength: 0.2 }];
    const { files } = await make(backend, await requestOf([picture({ loras: [{ lora: "style", schedule }] })]));
    expect(files[0]?.pipeline).toContain("CreateHookKeyframe");
    expect(server.submitted).toHaveLength(1);
    const video = picture({ kind: "text-to-video", model: { family: "wan22" }, width: 832, height: 480 });
    const moving = { ...video, loras: [{ lora: "style", strength: 1, schedule }] } as typeof video;
    expect(backend.validate(moving)).toMatchObject([{ field: "loras.0.schedule", severity: "error" }]);
  });
});
