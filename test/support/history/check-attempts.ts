import type { Check } from "./history.ts";

/** One of the epochs 1, 2, 3 and so on, each begun after the one before had ended. */
export const attemptsOfAJobFollowEachOther: Check = ({ query }) =>
  query(`
    select * from (
      select job, epoch, started_at, row_number() over w as place, lag(ended_at) over w as ended_before
      from loramill.attempts window w as (partition by job order by epoch)
    ) a
    where place <> epoch or ended_before > started_at`);

export const everyAttemptEndedOrWasFoundLost: Check = ({ query }) =>
  query("select job, epoch, worker from loramill.attempts where outcome is null or ended_at is null");

export const eachJobSucceededOnceInItsLastAttempt: Check = ({ query }) =>
  query(`
    select j.id, j.state, j.epoch, count(a.*)::int as successes, max(a.epoch) as attempt
    from loramill.jobs j left join loramill.attempts a on a.job = j.id and a.outcome = 'succeeded'
    group by j.id
    having count(a.*) <> (j.state = 'succeeded')::int or max(a.epoch) <> j.epoch`);
