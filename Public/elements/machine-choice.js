/** `<machine-choice>`: boots another machine, which ends the one on show. */
import { el } from "../dom.js";
import { lab } from "../lab.js";
import { bytes, plural } from "../words.js";

/** Until the server has said what else there is. */
const CLASSROOM = { machine: "classroom", memory_bytes: { default: 4194304 }, shows: "" };
const RECORDED = "recorded:";
/** A machine that a file had recorded: it is shown, and boots from its file alone. */
const IMPORTED = `${RECORDED}?`;
const MIB = 1 << 20;

class MachineChoice extends HTMLElement {
  #kind = el("select", { id: "machine", onchange: () => this.#describe() }, option(CLASSROOM));
  #debug = el("input", { id: "debug", type: "checkbox" });
  #classic = el("input", { id: "classic", type: "checkbox" });
  #cpus = el("input", { id: "cpus", type: "number", min: "1", max: "8", value: "1", required: true });
  #memory = el("input", { id: "memory", type: "number", min: "16", step: "1", required: true });
  #facts = el("span", { class: "sub" });
  #submit = el("button", { type: "submit" }, "Boot");
  #shows = el("p", { class: "shows", id: "machine-shows" });
  /** The value of an option to what it shows, and to the memory that the machine may have. */
  #sentences = new Map();
  #limits = new Map([[CLASSROOM.machine, CLASSROOM.memory_bytes]]);

  connectedCallback() {
    this.#kind.setAttribute("aria-describedby", "machine-shows");
    this.append(el("form", { onsubmit: (event) => this.#boot(event) },
      el("label", { for: "machine" }, "Machine"), this.#kind,
      el("label", { for: "debug", title: "Boot a kernel with its debugging options on" }, this.#debug, " debug kernel"),
      el("label", { for: "classic", title: "Boot a kernel with the slab allocator of the article’s time instead of SLUB" },
        this.#classic, " classic SLAB"),
      el("label", { for: "memory" }, this.#memory, " MiB"), el("label", { for: "cpus" }, this.#cpus, " CPUs"),
      this.#submit, this.#facts), this.#shows);
    for (const name of ["view", "watch"]) lab.addEventListener(name, () => this.#draw());
    this.#fill();
  }

  /** Asks what can be booted. Without an answer the classroom remains. */
  async #fill() {
    try {
      const { machines, recordings } = await lab.api.machines();
      const small = [...machines].sort((a, b) => a.memory_bytes.default - b.memory_bytes.default);
      this.#kind.replaceChildren(...small.map(option),
        ...(recordings.length ? [el("optgroup", { label: "Recorded on a real kernel" }, recordings.map(recordedOption))] : []));
      for (const one of machines) {
        this.#sentences.set(one.machine, one.shows);
        this.#limits.set(one.machine, one.memory_bytes);
      }
      for (const one of recordings) this.#sentences.set(RECORDED + one.recording, one.shows);
    } catch {
      return;
    }
    if (lab.machine) this.#select(lab.machine);
    this.#describe();
    if (lab.machine && !this.#memory.disabled) this.#memory.value = lab.machine.memory_bytes / MIB;
  }

  /** A recorded kernel is what it was: with debugging options or without, with its slab allocator. */
  #describe() {
    const recorded = this.#kind.value.startsWith(RECORDED);
    this.#debug.disabled = recorded;
    this.#classic.disabled = recorded;
    this.#cpus.disabled = recorded;
    this.#allowMemory(this.#limits.get(this.#kind.value));
    if (recorded) this.#debug.checked = this.#classic.checked = false;
    this.#shows.textContent = this.#sentences.get(this.#kind.value) ?? "";
    this.#shows.hidden = !recorded;
    this.#allowBoot();
  }

  #allowBoot() {
    this.#submit.disabled = lab.isSpectator || this.#kind.value === IMPORTED;
    this.#submit.title = lab.isSpectator ? lab.hindrance : "";
  }

  /** A machine that has a choice of memory is offered the usual one. */
  #allowMemory(limits) {
    const { minimum, maximum, default: usual } = limits ?? {};
    this.#memory.disabled = !limits || minimum === maximum || minimum === undefined;
    if (!limits) return void (this.#memory.value = "");
    Object.assign(this.#memory, { min: (minimum ?? usual) / MIB, max: (maximum ?? usual) / MIB, value: usual / MIB });
  }

  #boot(event) {
    event.preventDefault();
    const { value } = this.#kind;
    lab.boot(value.startsWith(RECORDED)
      ? { machine: "recorded", recording: value.slice(RECORDED.length) }
      : { machine: value, memory: Number(this.#memory.value) * MIB, cpus: Number(this.#cpus.value), debug: this.#debug.checked, slab: this.#classic.checked ? "slab" : "slub" });
  }

  #draw() {
    if (!lab.machine) return;
    const { kind, recording, memory_bytes: memory, cpus, debug, slab } = lab.machine;
    const name = kind === "recorded" ? `recording ${recording.name ?? recording.sha256.slice(0, 8)}` : kind;
    const running = `Running: ${name}, ${bytes(memory)}, ${plural(cpus, "CPU")}${debug ? ", debug" : ""}${slab === "slab" ? ", SLAB" : ""}`;
    this.#allowBoot();
    if (this.#facts.textContent === running) return;
    this.#facts.textContent = running;
    this.#select(lab.machine);
    this.#debug.checked = debug === true;
    this.#classic.checked = slab === "slab";
    this.#cpus.value = cpus;
    this.#describe();
    if (!this.#memory.disabled) this.#memory.value = memory / MIB;
  }

  /** Chooses in the menu what runs; a machine from a file has an entry there for as long as it runs. */
  #select({ kind, recording, memory_bytes: memory, cpus }) {
    const isImported = kind === "recorded" && recording.name === null;
    const value = isImported ? IMPORTED : kind === "recorded" ? RECORDED + recording.name : kind;
    this.#kind.querySelector(`[value="${IMPORTED}"]`)?.remove();
    if (isImported) {
      this.#sentences.set(IMPORTED, "It was recorded in a file, and boots again from that file alone: “Load calls”.");
      this.#kind.prepend(el("option", { value }, `recorded in a file, ${bytes(memory)}${cpus > 1 ? `, ${cpus} CPUs` : ""}`));
    }
    if ([...this.#kind.options].some((one) => one.value === value)) this.#kind.value = value;
  }
}

function option({ machine, memory_bytes: memory }) {
  return el("option", { value: machine }, `${machine}, ${bytes(memory.default)}`);
}

function recordedOption({ recording, memory_bytes: memory, cpus }) {
  return el("option", { value: RECORDED + recording }, `${recording}, ${bytes(memory)}${cpus > 1 ? `, ${cpus} CPUs` : ""}`);
}

customElements.define("machine-choice", MachineChoice);
