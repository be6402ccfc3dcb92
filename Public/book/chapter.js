/**
 * A chapter: boots a machine for the scene that the address names, and makes its calls up to the step named there.
 *
 * `#scene=split&step=3` leads everyone to the same picture, since a scene is the same calls on the same machine.
 * `?embed` shows the stage without the text around it, and `?embed=map` one figure alone with its steps: for slides,
 * and for a frame in somebody else's page. The text of a chapter needs none of this.
 */
import { Kmemlab, requests } from "../api.js";
import { el } from "../dom.js";
import { embed, isEmbedded } from "./embedding.js";
import { lab } from "../lab.js";
import { Story } from "../story.js";
import "../elements/call-answer.js";
import "../elements/notice-bar.js";
import "../elements/scene-player.js";
import "../elements/step-bar.js";
import "../elements/step-tools.js";

const KEPT = "kmemlab-book";

/** Starts a chapter with its scenes; the first one opens unless the address names another. */
export function open(scenes) {
  const chapter = new Chapter(scenes);
  if (isEmbedded) embed();
  lab.api = new Kmemlab("", { token: null });
  lab.linkTo = (step) => `scene=${chapter.scene.id}&step=${step}`;
  lab.restart = () => chapter.restart();
  window.addEventListener("hashchange", () => chapter.follow() && showFigure());
  chapter.follow();
}

class Chapter {
  scene = null;
  #scenes;
  #buttons;
  #turn = Promise.resolve();

  constructor(scenes) {
    this.#scenes = scenes;
    this.#buttons = scenes.map((scene) => el("button", {
      type: "button", "aria-pressed": "false", "data-scene": scene.id, onclick: () => this.#start(scene, scene.opening ?? 0),
    }, scene.title));
    const row = document.querySelector(".scenes");
    row.replaceChildren(...this.#buttons, el("button", { type: "button", class: "quiet", "data-act": "restart", onclick: () => this.restart() }, "Start this scene again"));
    row.hidden = false;
  }

  /** Goes where the address points; false if it names no scene and no step. */
  follow() {
    const id = /[#&]scene=([\w-]+)/.exec(location.hash)?.[1];
    const step = /[#&]step=(\d+)/.exec(location.hash)?.[1];
    const scene = this.#scenes.find((one) => one.id === id) ?? this.scene ?? this.#scenes[0];
    if (scene !== this.scene || lab.trunk) this.#start(scene, Number(step ?? scene.opening ?? 0));
    else if (step !== undefined) this.#reach(Number(step));
    return id !== undefined || step !== undefined;
  }

  restart() {
    this.#start(this.scene, this.scene.opening ?? 0);
  }

  #start(scene, step) {
    this.scene = scene;
    for (const button of this.#buttons) button.setAttribute("aria-pressed", String(button.dataset.scene === scene.id));
    reveal(this.#buttons[this.#scenes.indexOf(scene)]);
    document.body.dataset.scene = scene.id;
    document.body.dataset.opening = "";
    for (const part of document.querySelectorAll("[data-only]")) part.hidden = !part.dataset.only.split(" ").includes(scene.id);
    this.#turn = this.#turn.then(async () => {
      await endKept();
      lab.notify(null);
      lab.api.token = null;
      await lab.boot({ machine: "classroom", ...scene.machine });
      if (!lab.view) return;
      keep({ id: lab.session, token: lab.token });
      lab.about(scene.topic ?? "pages");
      lab.tellStory(new Story(scene));
      await reach(step);
    }).finally(() => { delete document.body.dataset.opening; });
  }

  #reach(step) {
    this.#turn = this.#turn.then(() => reach(step));
  }
}

/** Shows a step; the calls of the story that lead there are made if they were not yet. */
async function reach(step) {
  while (lab.last < step && lab.story?.next) {
    const { last } = lab;
    await lab.story.advance(lab);
    if (lab.last === last) break;
  }
  if (lab.step !== step) await lab.go(step);
}

/** Scrolls the row of scenes, which may be longer than a phone is wide, to a button; never the page. */
function reveal(button) {
  const row = button.parentElement;
  const [place, room] = [button.getBoundingClientRect(), row.getBoundingClientRect()];
  if (place.left < room.left || place.right > room.right) row.scrollLeft += place.left - room.left - 16;
}

/** A link in the text leads to the figure, for the eyes and for the keyboard. */
function showFigure() {
  const figure = document.getElementById("figure");
  figure.focus({ preventScroll: true });
  figure.scrollIntoView({ behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
}

/** The session of a figure in a frame: a page may show several, so the tab's storage is not for them. */
let framed = null;

/** Ends the session that this tab, or this frame, had before. */
async function endKept() {
  try {
    const { id, token } = isEmbedded ? framed ?? {} : JSON.parse(sessionStorage.getItem(KEPT) ?? "null") ?? {};
    if (!isEmbedded) sessionStorage.removeItem(KEPT);
    if (id) await new Kmemlab("", { token }).send(requests.end(id));
  } catch {
    // It has ended already, or there is no storage: sessions that nobody asks for end by themselves.
  }
}

function keep(session) {
  framed = session;
  if (isEmbedded) return;
  try {
    sessionStorage.setItem(KEPT, JSON.stringify(session));
  } catch {
    // Without storage the session ends by itself.
  }
}
