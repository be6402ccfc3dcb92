/** The chapter at bytes.html. */
import { open } from "./chapter.js";
import { SCENES } from "./scenes/bytes.js";
import "../elements/frame-map.js";
import "../elements/slab-view.js";

open(SCENES);
