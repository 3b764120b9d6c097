import type { Check } from "./history.ts";

/** Steps of which a result may be taken by other runs, and whether theirs was cut short, as by a budget: that is nobody else's. */
const RESULTS = `
  select s.id, s.key, s.output, a.output as artifact, exists (
    select from loramill.jobs j where j.step = s.id and j.output->>'complete' = 'false'
  ) as cut
  from loramill.steps s left join loramill.artifacts a on a.key = s.key
  where s.state = 'succeeded' and s.reuse`;

export const noResultIsWorkedOutTwice: Check = ({ query }) =>
  query(`select key, count(*)::int as times from (${RESULTS}) r where not cut group by key having count(*) > 1`);

export const everyResultIsAnArtifact: Check = ({ query }) =>
  query(`select id, output, artifact from (${RESULTS}) r where not cut and artifact is distinct from output`);

export const noResultThatWasCutShortIsAnArtifact: Check = ({ query }) =>
  query(`select id, output, artifact from (${RESULTS}) r where cut and artifact = output`);

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
