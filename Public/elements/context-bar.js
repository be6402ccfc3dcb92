/**
 * `<context-bar>`: what the CPU does that makes the next call, and whether it may sleep; below it, on demand, what
 * one may tell a CPU. It is quiet while sleeping is allowed.
 */
import { el, redraw } from "../dom.js";
import { requests } from "../api.js";
import { currentCPU } from "../high.js";
import { permission } from "../high-words.js";
import { lab } from "../lab.js";

const NAMES = { process: "process context", softirq: "in a softirq", hardirq: "in an interrupt" };
const PAIRS = {
  "An interrupt": ["enter_irq", "exit_irq"], "A softirq": ["enter_softirq", "exit_softirq"], Interrupts: ["local_irq_disable", "local_irq_enable"],
  Softirqs: ["local_bh_disable", "local_bh_enable"], Preemption: ["preempt_disable", "preempt_enable"],
};

/** The part of preempt_count that counts preempt_disable(). */
const PREEMPT_MASK = 0xff;
const NOT_COUNTED = "Without CONFIG_PREEMPT_COUNT, as here, preempt_disable() is a barrier for the compiler and counts nothing: such a kernel takes the CPU from no task in kernel code.";

class ContextBar extends HTMLElement {
  #state = el("div", { class: "state" });
  #verdict = el("p", { class: "verdict", role: "status" });
  #more = el("button", { type: "button", class: "quiet", "aria-expanded": "false", "aria-controls": "context-controls", onclick: () => this.#turn() }, "Change");
  #lock = el("input", { id: "lock-name", type: "text", value: "my_lock", required: true, maxlength: "32", spellcheck: "false", autocomplete: "off" });
  #permission = el("p", { class: "permission" });
  #next = el("div", { class: "pair" });
  #controls = el("div", { id: "context-controls", class: "controls", hidden: true });

  connectedCallback() {
    this.#controls.append(this.#permission,
      ...Object.entries(PAIRS).map(([name, pair]) => el("div", { class: "pair", role: "group", "aria-label": name }, el("span", {}, name), pair.map((one) => tell(one)))),
      el("div", { class: "pair", role: "group", "aria-label": "A spin lock" }, el("label", { for: "lock-name" }, "Spin lock"), this.#lock,
        ["spin_lock", "spin_unlock"].map((one) => tell(one, this.#lock))), this.#next);
    this.append(el("div", { class: "line" }, this.#state, this.#verdict, this.#more), this.#controls);
    for (const name of ["view", "watch"]) lab.addEventListener(name, () => lab.view && redraw(this, () => this.#draw()));
  }

  #turn() {
    const isOpen = this.#controls.toggleAttribute("hidden") === false;
    this.#more.setAttribute("aria-expanded", String(isOpen));
    this.#more.textContent = isOpen ? "Close" : "Change";
  }

  #draw() {
    const { context } = lab.view;
    const cpu = currentCPU(lab.view);
    const [sleep, verdict] = cpu.spins_for !== null ? ["spins", `⟳ spins for the lock ${cpu.spins_for}`]
      : cpu.may_sleep ? ["yes", "✓ may sleep"] : ["no", `✕ must not sleep: ${cpu.why_not.join(", ")}`];
    this.dataset.sleep = sleep;
    this.#state.replaceChildren(cpus(context), el("span", { class: "context" }, NAMES[cpu.context]), ...facts(cpu));
    if (this.#verdict.textContent !== verdict) this.#verdict.textContent = verdict;
    this.#permission.textContent = permission(cpu, lab.machine.debug);
    this.#next.replaceChildren(...(cpu.runnable.length ? [el("span", {}, `Task ${cpu.runnable[0]} waits for the CPU`), tell("schedule")] : []));
    for (const button of this.#controls.querySelectorAll("button")) button.disabled = lab.hindrance !== null;
  }
}

const call = (text) => lab.perform(requests.call(text), lab.topic);

/** A button that makes a call, with what stands in `input`. */
function tell(name, input = null) {
  return el("button", { type: "button", "data-key": name, onclick: () => (!input || input.reportValidity()) && call(`${name}(${input?.value.trim() ?? ""})`) }, el("code", {}, `${name}()`));
}

/** The CPUs, to choose from when there are several. */
function cpus({ cpu: current, cpus: all }) {
  if (all.length === 1) return el("span", { class: "cpu" }, "CPU 0");
  return el("div", { class: "cpus", role: "group", "aria-label": "CPU that makes the next call" }, all.map((one) => {
    const mark = one.spins_for !== null ? "spins" : one.context !== "process" ? one.context : one.may_sleep ? "" : "atomic";
    return el("button", {
      type: "button", "aria-pressed": String(one.cpu === current), "data-key": `cpu ${one.cpu}`, disabled: lab.hindrance !== null, onclick: () => call(`run_on_cpu(${one.cpu})`),
    }, `CPU ${one.cpu} `, el("span", { class: "sub" }, mark));
  }));
}

/** Figures that a kernel engineer looks for. */
function facts({ pid, preempt_count: count, preempt_disabled: depth, irqs_disabled: off, locks }) {
  const isCounted = (Number(count) & PREEMPT_MASK) >= depth;
  const all = { task: pid, preempt_count: count, preempt_disabled: isCounted ? depth : `${depth}, not counted`, interrupts: off ? "off" : "on", locks: locks.map((lock) => lock.name).join(", ") || "none" };
  return Object.entries(all).map(([name, value]) => el("span", { class: "fact", "data-fact": name, title: name === "preempt_disabled" && !isCounted ? NOT_COUNTED : null }, `${name} `, el("b", {}, String(value))));
}

customElements.define("context-bar", ContextBar);
