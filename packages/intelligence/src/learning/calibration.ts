/** A probability that was stated, and what happened. */
export interface Forecast {
  readonly probability: number;
  readonly happened: boolean;
}

/** One bin of a reliability curve; a calibrated forecaster has `stated` and `observed` equal. */
export interface ReliabilityBin {
  readonly from: number;
  readonly to: number;
  readonly forecasts: number;
  /** Averages, 0 to 1. */
  readonly stated: number;
  readonly observed: number;
}

export interface Calibration {
  readonly forecasts: number;
  /** Mean squared distance of what was stated from what happened (Brier 1950); 0.25 for a coin. Null without forecasts. */
  readonly brier: number | null;
  /** Expected calibration error: |stated - observed|, averaged over the forecasts of ten equally wide bins. */
  readonly error: number | null;
  /** The bins in which something fell. */
  readonly curve: readonly ReliabilityBin[];
}

const BINS = 10;

/** How well stated probabilities agree with what happened. */
export function calibrationOf(forecasts: readonly Forecast[]): Calibration {
  const bins = Array.from({ length: BINS }, () => ({ forecasts: 0, stated: 0, observed: 0 }));
  let squares = 0;
  for (const { probability, happened } of forecasts) {
    const bin = bins[Math.min(BINS - 1, Math.floor(probability * BINS))];
    if (bin === undefined) throw new RangeError(`${probability} is no probability`);
    bin.forecasts += 1;
    bin.stated += probability;
    bin.observed += happened ? 1 : 0;
    squares += (probability - (happened ? 1 : 0)) ** 2;
  }
  const total = forecasts.length;
  if (total === 0) return { forecasts: 0, brier: null, error: null, curve: [] };
  return {
    forecasts: total,
    brier: squares / total,
    error: bins.reduce((sum, bin) => sum + Math.abs(bin.stated - bin.observed), 0) / total,
    curve: bins.flatMap(({ forecasts, stated, observed }, at) =>
      forecasts === 0
        ? []
        : [
            {
              from: at / BINS,
              to: (at + 1) / BINS,
              forecasts,
              stated: stated / forecasts,
              observed: observed / forecasts,
            },
          ],
    ),
  };
}
