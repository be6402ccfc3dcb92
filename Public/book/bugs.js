/** The chapter at bugs.html. */
import { open } from "./chapter.js";
import { SCENES } from "./scenes/bugs.js";
import "../elements/code-listing.js";
import "../elements/frame-map.js";
import "../elements/report-panel.js";

open(SCENES);
