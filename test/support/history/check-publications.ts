import type { Check } from "./history.ts";

export const noResultIsWorkedOutTwice: Check = ({ query }) =>
  query(`
    select key, count(*)::int as times from loramill.steps where state = 'succeeded' and reuse
    group by key having count(*) > 1`);

export const everyResultIsAnArtifact: Check = ({ query }) =>
  query(`
    select s.id, s.output, a.output as artifact from loramill.steps s left join loramill.artifacts a on a.key = s.key
    where s.state = 'succeeded' and s.reuse and a.output is distinct from s.output`);

export const noCaptionIsPublishedTwice: Check = ({ query }) =>
  query("select job, image from loramill.captions group by job, image having count(*) > 1");

export const everyCaptionIsPublished: Check = ({ query }) =>
  query(`
    select s.run, s.items, count(c.*)::int as published
    from loramill.steps s left join loramill.captions c on c.run = s.run
    where s.name = 'caption' and s.state = 'succeeded' group by s.id having count(c.*) <> s.items`);

export const eachTrainingPublishesOneLora: Check = ({ query }) =>
  query(`
    select s.run, count(l.*)::int as published
    from loramill.steps s left join loramill.loras l on l.step = s.id
    where s.kind = 'train' and s.state = 'succeeded' group by s.id having count(l.*) <> 1`);

export const eachPictureIsPublishedOnce: Check = ({ query }) =>
  query(`
    select s.run, s.items, count(g.*)::int as published, count(distinct g.index)::int as different
    from loramill.steps s left join loramill.generations g on g.step = s.id
    where s.name = 'generate' and s.state = 'succeeded'
    group by s.id having count(g.*) <> s.items or count(distinct g.index) <> s.items`);
