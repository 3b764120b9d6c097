/** Of the program, as its API and what it writes say it. */
export const VERSION = "0.1.0";
