/** The chapter at contexts.html. */
import { open } from "./chapter.js";
import { SCENES } from "./scenes/contexts.js";
import "../elements/context-bar.js";
import "../elements/kmap-pool.js";
import "../elements/temporary-slots.js";
import "../elements/frame-map.js";

open(SCENES);
