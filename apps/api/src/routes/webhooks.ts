import {
  CreatedWebhook,
  DeliveryDetail,
  DeliveryPage,
  DeliveryQuery,
  MessageId,
  newWebhookSecret,
  Redelivered,
  RedeliverRequest,
  RotateSecret,
  UserError,
  WebhookBody,
  WebhookChange,
  WebhookId,
  WebhookList,
  WebhookQuery,
  WebhookView,
} from "@loramill/contracts";
import { checkUrl } from "@loramill/url-guard";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { actorOf, type Caller, projectNameOf } from "../auth.ts";
import type { ApiDeps } from "../deps.ts";

const WebhookParams = z.object({ webhook: WebhookId });
const DeliveryParams = WebhookParams.extend({ message: MessageId });
const HOUR_MS = 3_600_000;

/** Where events of a project are told. A project's admin decides where; who may write sends again. */
export const webhookRoutes =
  ({
    catalog,
    webhookRules,
    webhookSecrets,
  }: Pick<ApiDeps, "catalog" | "webhookRules" | "webhookSecrets">): FastifyPluginAsyncZod =>
  async (server) => {
    const tags = ["webhooks"];
    const admin = { scope: "admin" } as const;
    const write = { scope: "write" } as const;
    const { webhooks } = catalog;
    const refOf = ({ webhook }: z.output<typeof WebhookParams>, caller: Caller) => ({
      webhook,
      project: caller.project?.id,
    });
    const found = async (params: z.output<typeof WebhookParams>, caller: Caller) => {
      const view = await webhooks.find(refOf(params, caller));
      if (view === null) throw new UserError(`there is no webhook ${params.webhook}`, { code: "not-found" });
      return view;
    };
    const deliveryOf = async (params: z.output<typeof DeliveryParams>, caller: Caller) => {
      await found(params, caller);
      const delivery = await webhooks.delivery(params);
      if (delivery !== null) return delivery;
      throw new UserError(`this webhook was never told ${params.message}`, { code: "not-found" });
    };
    /** Says in the audit what was done: neither addresses nor secrets, because paths of receivers often are secrets. */
    const noted = async <View extends { readonly id: WebhookId }>(caller: Caller, action: string, view: View) => {
      await catalog.fleet.audit.add({ actor: actorOf(caller), action: `webhook.${action}`, subject: view.id });
      return view;
    };

    server.post(
      "/v1/webhooks",
      {
        config: admin,
        schema: {
          summary: "Tell events of a project to a receiver",
          description: "`secret` is shown once. Names are resolved, and judged, when messages are sent.",
          tags,
          querystring: WebhookQuery,
          body: WebhookBody,
          response: { 201: CreatedWebhook },
        },
      },
      async ({ query, body, caller }, reply) => {
        checkUrl(new URL(body.url), webhookRules);
        const { id: project } = await catalog.projects.ensure(projectNameOf(caller, query.project));
        const secret = newWebhookSecret();
        const created = await webhooks.create({ ...body, project, secret: webhookSecrets.seal(secret) });
        return reply.code(201).send({ ...(await noted(caller, "create", created)), secret });
      },
    );
    server.get(
      "/v1/webhooks",
      { schema: { summary: "Webhooks of a project", tags, querystring: WebhookQuery, response: { 200: WebhookList } } },
      async ({ query, caller }) => {
        const project = await catalog.projects.idOf(projectNameOf(caller, query.project));
        return { items: await webhooks.list(project) };
      },
    );
    server.get(
      "/v1/webhooks/:webhook",
      { schema: { summary: "One webhook", tags, params: WebhookParams, response: { 200: WebhookView } } },
      ({ params, caller }) => found(params, caller),
    );
    server.patch(
      "/v1/webhooks/:webhook",
      {
        config: admin,
        schema: {
          summary: "Change a webhook, disable it or enable it again",
          description:
            "A disabled one is told nothing, also not later: what happens meanwhile makes no messages for it.",
          tags,
          params: WebhookParams,
          body: WebhookChange,
          response: { 200: WebhookView },
        },
      },
      async ({ params, body, caller }) => {
        if (body.url !== undefined) checkUrl(new URL(body.url), webhookRules);
        return noted(caller, "change", await webhooks.change(refOf(params, caller), body));
      },
    );
    server.delete(
      "/v1/webhooks/:webhook",
      {
        config: admin,
        schema: {
          summary: "Remove a webhook with all that was told to it",
          tags,
          params: WebhookParams,
          response: { 200: WebhookView },
        },
      },
      async ({ params, caller }) => {
        const view = await found(params, caller);
        await webhooks.remove(refOf(params, caller));
        return noted(caller, "remove", view);
      },
    );
    server.post(
      "/v1/webhooks/:webhook/rotate",
      {
        config: admin,
        schema: {
          summary: "Replace its secret",
          description: "`secret` is shown once. Messages are signed with the old one as well for `graceHours`.",
          tags,
          params: WebhookParams,
          body: RotateSecret.prefault({}),
          response: { 200: CreatedWebhook },
        },
      },
      async ({ params, body, caller }) => {
        const graceMs = body.graceHours * HOUR_MS;
        const secret = newWebhookSecret();
        const rotated = await webhooks.rotate(refOf(params, caller), { secret: webhookSecrets.seal(secret), graceMs });
        return { ...(await noted(caller, "rotate", rotated)), secret };
      },
    );
    server.post(
      "/v1/webhooks/:webhook/test",
      {
        config: write,
        schema: {
          summary: "Send it a message of type webhook.test",
          tags,
          params: WebhookParams,
          response: { 202: DeliveryDetail },
        },
      },
      async ({ params, caller }, reply) => {
        const message = await webhooks.test(refOf(params, caller));
        return reply.code(202).send(await deliveryOf({ ...params, message }, caller));
      },
    );
    server.get(
      "/v1/webhooks/:webhook/deliveries",
      {
        schema: {
          summary: "What was told to it, newest first",
          tags,
          params: WebhookParams,
          querystring: DeliveryQuery,
          response: { 200: DeliveryPage },
        },
      },
      async ({ params, query, caller }) => {
        await found(params, caller);
        const { items, next } = await webhooks.deliveries({ ...query, ...params });
        return { items: [...items], next };
      },
    );
    server.get(
      "/v1/webhooks/:webhook/deliveries/:message",
      {
        schema: {
          summary: "One message, with its body",
          tags,
          params: DeliveryParams,
          response: { 200: DeliveryDetail },
        },
      },
      ({ params, caller }) => deliveryOf(params, caller),
    );
    server.post(
      "/v1/webhooks/:webhook/deliveries/:message/redeliver",
      {
        config: write,
        schema: {
          summary: "Send a message again, under its id",
          tags,
          params: DeliveryParams,
          response: { 202: DeliveryDetail },
        },
      },
      async ({ params, caller }, reply) => {
        await webhooks.redeliver({ ...refOf(params, caller), message: params.message });
        return reply.code(202).send(await deliveryOf(params, caller));
      },
    );
    server.post(
      "/v1/webhooks/:webhook/redeliver",
      {
        config: write,
        schema: {
          summary: "Send all that failed since then again",
          tags,
          params: WebhookParams,
          body: RedeliverRequest,
          response: { 202: Redelivered },
        },
      },
      async ({ params, body, caller }, reply) => {
        const messages = await webhooks.redeliverFailed(refOf(params, caller), new Date(body.since));
        return reply.code(202).send({ messages });
      },
    );
  };
