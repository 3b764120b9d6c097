import { expect, test } from "vitest";
import { tellCron } from "./tell-cron.ts";

test.each([
  ["0 2 * * *", "Every day at 02:00"],
  ["@daily", "Every day at 00:00"],
  ["0 2 * * MON-FRI", "At 02:00, Monday to Friday"],
  ["0 2 * * 1-5", "At 02:00, Monday to Friday"],
  ["30 2,14 * * 0,6", "At 02:30 and 14:30, on Saturday and Sunday"],
  ["0 2 * * FRI-SUN", "At 02:00, Friday to Sunday"],
  ["0 2 * * SUN", "At 02:00, on Sunday"],
  ["0 2 * * 7", "At 02:00, on Sunday"],
  ["0 2 * * mon#1", "At 02:00, on the first Monday of the month"],
  ["0 2 * * FRIL", "At 02:00, on the last Friday of the month"],
  ["0 2 * * 5#L", "At 02:00, on the last Friday of the month"],
  ["0 2 L * *", "At 02:00, on the last day of the month"],
  ["0 2 1,15 * *", "At 02:00, on the 1st and 15th of the month"],
  ["0 2 1-7,22 * *", "At 02:00, on the 1st to 7th and 22nd of the month"],
  ["0 2 1 * MON", "At 02:00, on the 1st of the month, and on Monday"],
  ["0 0 1 JAN,JUL *", "At 00:00, on the 1st of the month, in January and July"],
  ["@hourly", "Every hour, on the hour"],
  ["15 * * * *", "Every hour, 15 min past the hour"],
  ["0 */3 * * *", "Every 3 h from 00:00"],
  ["15 1-23/2 * * *", "Every 2 h from 01:15"],
  ["0 8-18 * * 1-5", "Every hour from 08:00 to 18:00, Monday to Friday"],
  ["* * * * *", "Every minute"],
  ["*/15 * * * *", "Every 15 min"],
  ["*/15 9-17 * * *", "Every 15 min from 09:00 to 17:59"],
  ["*/5 23 * * *", "Every 5 min from 23:00 to 23:59"],
  ["*/25 * * * *", "Every hour at the minutes 0, 25 and 50"],
  ["0 0,1,2,5,7,11,13,17 * * *", "Every day at 00:00, 01:00, 02:00, 05:00, 07:00, 11:00, 13:00 and 17:00"],
])("%s is told as: %s", (expression, words) => expect(tellCron(expression)).toBe(words));

test("what is no expression, or has no plain words, is told as nothing", () => {
  const all = [
    "",
    "0 2 * *",
    "0 25 * * *",
    "5/10 * * * *",
    "0 22-2 * * *",
    "0 2 * * 6-0",
    "0 2 15W * *",
    "0 2 1 * +MON",
    "@reboot",
  ];
  expect(all.map(tellCron)).toEqual(all.map(() => null));
});
