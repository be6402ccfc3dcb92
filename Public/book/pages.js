/** The chapter at pages.html. */
import { open } from "./chapter.js";
import { SCENES } from "./scenes/pages.js";
import "../elements/frame-map.js";
import "../elements/free-lists.js";
import "../elements/block-inspector.js";
import "../elements/page-bytes.js";

open(SCENES);
