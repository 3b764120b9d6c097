export { judgeAnswer } from "./judge-answer.ts";
export { createSecretBox, type SecretBox } from "./secret-box.ts";
export { type Answer, createSender, type Sender } from "./send-message.ts";
export { defaultWebhookOptions, type SendLimits, type WebhookOptions, webhookConfig } from "./webhook-config.ts";
