/** The chapter at high.html. */
import { open } from "./chapter.js";
import { SCENES } from "./scenes/high.js";
import "../elements/memory-line.js";
import "../elements/kmap-pool.js";
import "../elements/live-mappings.js";

open(SCENES);
