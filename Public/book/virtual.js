/** The chapter at virtual.html. */
import { open } from "./chapter.js";
import { SCENES } from "./scenes/virtual.js";
import "../elements/area-map.js";
import "../elements/page-walk.js";
import "../elements/frame-map.js";

open(SCENES);
