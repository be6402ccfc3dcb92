/** The chapter at slabs.html. */
import { open } from "./chapter.js";
import { SCENES } from "./scenes/slabs.js";
import "../elements/slab-view.js";
import "../elements/who-knows.js";
import "../elements/frame-map.js";

open(SCENES);
