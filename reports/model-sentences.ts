/** Sentences about anomalies of models that are more than a register: which file tells them. */

import { appendSentence } from './append-sentences.ts';
import { countSentence } from './count-sentences.ts';
import { elementSentence } from './element-sentences.ts';
import { lockSentence } from './lock-sentences.ts';
import { faultsAt, type Telling } from './phrases.ts';
import { transactionSentence } from './transaction-sentences.ts';
import { seerOf } from './witness.ts';

/** Null where the anomaly is told as of a register, or its facts do not say enough. */
export function modelSentence(telling: Telling): string | null {
  const seen = seerOf(telling);
  if (seen === null) return null;
  const { of, circle } = telling.anomaly.facts;
  const told =
    typeof of === 'string' || Array.isArray(circle)
      ? transactionSentence(telling, seen)
      : (appendSentence(telling, seen) ??
        elementSentence(telling, seen) ??
        countSentence(telling, seen) ??
        lockSentence(telling, seen));
  return told === null ? null : `${told}${faultsAt(telling, seen)}`;
}
