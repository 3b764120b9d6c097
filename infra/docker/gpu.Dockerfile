# syntax=docker/dockerfile:1.18
# A trainer, Node and the bundled pod-agent, for GPU machines. One target per trainer, at the commit that our adapters were
# held against (docs/pod-agent.md). Each is several GB with PyTorch; CI checks this file and does not build it.
#
#   docker build --file infra/docker/gpu.Dockerfile --target sd-scripts --tag loramill/gpu-sd-scripts:0.1.0 .
ARG NODE_VERSION=24.21.0
ARG CUDA_TAG=12.8.1-base-ubuntu24.04

FROM node:${NODE_VERSION}-bookworm-slim AS agent
WORKDIR /mill
COPY . ./
RUN npm ci --ignore-scripts --include-workspace-root=false --workspace=@loramill/pod-agent \
    && node apps/pod-agent/build.ts /pod-agent.mjs

# PyTorch's wheels bring their own CUDA libraries: the base only says what the driver must be able to do. Python is 3.12, which
# SimpleTuner asks for at least; Triton compiles what it launches, so there is a compiler.
FROM nvidia/cuda:${CUDA_TAG} AS gpu
RUN apt-get update \
    && apt-get install --yes --no-install-recommends \
         curl ffmpeg gcc git libc6-dev libgl1 libglib2.0-0t64 python3-dev python3-venv tini \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --create-home agent \
    && install --directory --owner=agent /workspace \
    && python3 -m venv /opt/venv
COPY --from=agent /usr/local/bin/node /usr/local/bin/node
COPY --from=agent /pod-agent.mjs /opt/pod-agent.mjs
COPY infra/docker/healthcheck.mjs /opt/infra/docker/healthcheck.mjs
WORKDIR /opt
ENV AGENT_WORKSPACE=/workspace/agent AGENT_HOST=0.0.0.0 AGENT_PORT=8690 HF_HOME=/workspace/huggingface \
    HF_HUB_DISABLE_TELEMETRY=1 ORT_DISABLE_TELEMETRY=1
EXPOSE 8690
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s CMD ["node", "infra/docker/healthcheck.mjs"]
ENTRYPOINT ["tini", "--"]

FROM gpu AS ai-toolkit
ARG AI_TOOLKIT_COMMIT=27a03a91f23eb1b757d5ec2e80ee3e129cfcc350
# PyTorch in the version of its own image at this commit. It asks for a driver of CUDA 13.
RUN /opt/venv/bin/pip install --no-cache-dir torch==2.13.0 torchvision==0.28.0 torchaudio==2.11.0
RUN git clone --filter=blob:none https://github.com/ostris/ai-toolkit /opt/ai-toolkit \
    && git -C /opt/ai-toolkit checkout --quiet ${AI_TOOLKIT_COMMIT} \
    && /opt/venv/bin/pip install --no-cache-dir --requirement /opt/ai-toolkit/requirements.txt
# As in its own image: its requirements name a torchcodec for an older PyTorch, and any newer setuptools.
RUN /opt/venv/bin/pip install --no-cache-dir torchcodec==0.15.0 setuptools==69.5.1
ENV AI_TOOLKIT_DIR=/opt/ai-toolkit AI_TOOLKIT_PYTHON=/opt/venv/bin/python
USER 10001
CMD ["node", "/opt/pod-agent.mjs"]

FROM gpu AS sd-scripts
ARG SD_SCRIPTS_COMMIT=48d368fa557731ad0488c07304dfeba8c07910eb
# Its requirements leave PyTorch out, and name its own folder.
RUN /opt/venv/bin/pip install --no-cache-dir torch==2.8.0 torchvision==0.23.0
RUN git clone --filter=blob:none https://github.com/kohya-ss/sd-scripts /opt/sd-scripts \
    && git -C /opt/sd-scripts checkout --quiet ${SD_SCRIPTS_COMMIT} \
    && cd /opt/sd-scripts && /opt/venv/bin/pip install --no-cache-dir --requirement requirements.txt
ENV SD_SCRIPTS_DIR=/opt/sd-scripts SD_SCRIPTS_PYTHON=/opt/venv/bin/python
USER 10001
CMD ["node", "/opt/pod-agent.mjs"]

FROM gpu AS simpletuner
ARG SIMPLETUNER_COMMIT=bc8e6ab7738ce457a2ed8eb2d26cadd91c6442cb
RUN git clone --filter=blob:none https://github.com/bghira/SimpleTuner /opt/simpletuner \
    && git -C /opt/simpletuner checkout --quiet ${SIMPLETUNER_COMMIT} \
    && /opt/venv/bin/pip install --no-cache-dir --editable "/opt/simpletuner[cuda]"
# Where it is installed, accelerate imports it, which fails without the CUDA compiler; trainings on one GPU have no use for it.
RUN /opt/venv/bin/pip uninstall --yes deepspeed
ENV SIMPLETUNER_DIR=/opt/simpletuner SIMPLETUNER_PYTHON=/opt/venv/bin/python
USER 10001
CMD ["node", "/opt/pod-agent.mjs"]
