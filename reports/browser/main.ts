/** The page's own code starts here: unpack, then fill the places the page keeps for it. The first screen works without. */

import { wireCopyButtons } from './copy.ts';

document.documentElement.classList.add('js');
wireCopyButtons();
