/** The browser's part of the pages: everything that is shown works without it, but for live numbers, charts and uploads. */

import { drawComparison, drawTrends } from './charts.ts';
import { watch } from './live.ts';
import { enableUpload } from './upload.ts';

document.documentElement.classList.add('js');
const live = document.getElementById('live');
if (live !== null) watch(live);
drawTrends();
drawComparison();
enableUpload();
