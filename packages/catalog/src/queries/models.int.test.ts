import { sha256Hex } from "@loramill/contracts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Catalog, knownModels } from "../index.ts";
import { startTestServer, type TestServer } from "../testing.ts";

let server: TestServer;
let catalog: Catalog;
beforeAll(async () => {
  server = await startTestServer();
  catalog = await server.open();
});
afterAll(() => server.stop());

const file = (path: string) => ({ path, sha256: null, bytes: null });

test("base models are written down, their files filled in one by one, and taken away", async () => {
  const model = {
    id: "owner/name",
    family: "flux" as const,
    source: { type: "hub" as const, repository: "owner/name", revision: "main" },
    licence: { name: "a licence", page: "https://example.com", gated: true },
    files: [file("a.safetensors"), file("vae/b.safetensors")],
  };
  await catalog.models.save(model);
  const found = ["a.safetensors", "vae/b.safetensors"].map((path) => ({ path, sha256: sha256Hex(path), bytes: 10 }));
  await Promise.all(found.map((one) => catalog.models.setFile(model.id, one)));
  expect(await catalog.models.find(model.id)).toMatchObject({ ...model, files: found });
  const objects = {
    head: async (key: string) =>
      key.endsWith(sha256Hex("a.safetensors")) ? { key, bytes: 7, modifiedAt: new Date(0) } : null,
  };
  const stored = { sha256: sha256Hex("a.safetensors"), bytes: 7 };
  expect(await knownModels(catalog, objects)).toEqual([
    {
      id: model.id,
      family: "flux",
      files: [
        { path: "a.safetensors", stored },
        { path: "vae/b.safetensors", stored: null },
      ],
    },
  ]);
  await catalog.models.save({ ...model, files: [file("a.safetensors")] });
  expect((await catalog.models.list()).map(({ files }) => files)).toEqual([[file("a.safetensors")]]);
  await catalog.models.setFile("unknown", file("x"));
  expect([await catalog.models.remove(model.id), await catalog.models.remove(model.id)]).toEqual([true, false]);
});
