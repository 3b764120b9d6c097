/**
 * Builds of the ONNX runtime for Linux and macOS give each user an id and report what they do to their maker, unless their
 * process says this before they begin; a thread of ours has but a copy of what its process says, so who starts one imports
 * this too. Source: https://github.com/microsoft/onnxruntime/pull/27379
 */
process.env.ORT_DISABLE_TELEMETRY = "1";
