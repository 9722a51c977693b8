/** How a service is set up, and the limits it keeps. */

export interface ServiceOptions {
  /** Directory of the store. */
  readonly store: string;
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** Needed to listen beyond loopback; null: nobody is asked for one. */
  readonly token: string | null;
  /** Names, beside this machine's own, by which the service may be addressed. */
  readonly hostNames: readonly string[];
  /** Whether the badge may be seen without the token, so that a README on another site can show it. */
  readonly publicBadge: boolean;
  readonly limits: ServiceLimits;
}

/** Limits that a site may want to set otherwise; those that only guard against a hang are beside what they guard. */
export interface ServiceLimits {
  /** Trials that run at the same time. */
  readonly trialsAtOnce: number;
  /** Trials waiting in the queue. */
  readonly waitingTrialsMax: number;
  /** Uploads, and trials to be judged again, waiting in the queue. */
  readonly waitingChecksMax: number;
  /** Of one uploaded history or bundle. */
  readonly uploadBytesMax: number;
  /** Of all uploads that wait to be judged. */
  readonly waitingBytesMax: number;
  /** Requests of one address in a minute: all, those that change something. */
  readonly requestsPerMinute: number;
  readonly changesPerMinute: number;
  readonly connectionsMax: number;
  readonly streamsMax: number;
  /** How long children are given to conclude when the service stops or a trial is cancelled. */
  readonly graceMs: number;
}

export const DEFAULT_SERVICE_LIMITS: ServiceLimits = {
  trialsAtOnce: 1,
  waitingTrialsMax: 100,
  waitingChecksMax: 20,
  uploadBytesMax: 64 * 2 ** 20,
  waitingBytesMax: 512 * 2 ** 20,
  requestsPerMinute: 1200,
  changesPerMinute: 120,
  connectionsMax: 256,
  streamsMax: 64,
  graceMs: 15_000,
};
