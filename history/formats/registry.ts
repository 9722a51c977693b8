/** All formats that can be read, in the order in which --help lists them. */

import type { HistoryFormat } from './format.ts';
import { jepsenEdn, knossosEdn, porcupineKv } from './jepsen-edn.ts';
import { jepsenLog, jepsenTxt } from './jepsen-lines.ts';
import { ndjson } from './ndjson.ts';

export const FORMATS: readonly HistoryFormat[] = [ndjson, jepsenEdn, jepsenTxt, jepsenLog, knossosEdn, porcupineKv];
