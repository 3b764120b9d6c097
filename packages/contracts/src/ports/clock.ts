/** Time as an argument, so that tests can turn it. */
export interface Clock {
  now(): Date;
}
