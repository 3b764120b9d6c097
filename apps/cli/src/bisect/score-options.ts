/** What trials can be judged by without a person. */
export const bisectScores = ["closeness"] as const;

export interface ScoreOptions {
  readonly by: (typeof bisectScores)[number];
  /** Default: half-way between both ends. */
  readonly threshold?: number;
}
