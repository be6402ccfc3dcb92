/** The chapter at tlb.html. */
import { open } from "./chapter.js";
import { SCENES } from "./scenes/tlb.js";
import "../elements/tlb-lab.js";
import "../elements/tlb-picture.js";
import "../elements/area-map.js";

open(SCENES);
