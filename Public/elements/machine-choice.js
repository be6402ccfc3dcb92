/** `<machine-choice>`: boots another machine, which ends the one on show. */
import { el } from "../dom.js";
import { lab } from "../lab.js";
import { bytes } from "../words.js";

const MACHINES = [
  ["classroom", "classroom, 4 MiB"],
  ["i386", "i386, 1 GiB"],
  ["x86_64", "x86_64, 1 GiB"],
];

class MachineChoice extends HTMLElement {
  #kind = el("select", { id: "machine" }, MACHINES.map(([value, label]) => el("option", { value }, label)));
  #debug = el("input", { id: "debug", type: "checkbox" });
  #facts = el("span", { class: "sub" });

  connectedCallback() {
    this.append(el("form", { onsubmit: (event) => this.#boot(event) },
      el("label", { for: "machine" }, "Machine"), this.#kind,
      el("label", { for: "debug", title: "Boot a kernel with its debugging options on" }, this.#debug, " debug kernel"),
      el("button", { type: "submit" }, "Boot"), this.#facts));
    lab.addEventListener("view", () => this.#draw());
  }

  #boot(event) {
    event.preventDefault();
    lab.boot({ machine: this.#kind.value, debug: this.#debug.checked });
  }

  #draw() {
    const { kind, memory_bytes: memory, cpus, debug } = lab.machine;
    const running = `Running: ${kind}, ${bytes(memory)}, ${cpus} CPU${cpus === 1 ? "" : "s"}${debug ? ", debug" : ""}`;
    if (this.#facts.textContent === running) return;
    this.#facts.textContent = running;
    this.#kind.value = kind;
    this.#debug.checked = debug === true;
  }
}

customElements.define("machine-choice", MachineChoice);
