/**
 * A chapter: boots a machine for the scene that the address names, and makes its calls up to the step named there.
 *
 * `#scene=split&step=3` leads everyone to the same picture, since a scene is the same calls on the same machine.
 * `?embed` shows the stage without the text around it, and `?embed=map` one figure alone with its steps: for slides,
 * and for a frame in somebody else's page. The text of a chapter needs none of this.
 *
 * A scene has a session of its own, named by a token that only this page holds. It ends when another scene begins, or,
 * if its token or its link was on show, when the chapter is left. Calls of the reader's own are made on a branch.
 */
import { Kmemlab, requests } from "../api.js";
import { el } from "../dom.js";
import { embed, isEmbedded } from "./embedding.js";
import { lab } from "../lab.js";
import { Story, reach } from "../story.js";
import "../elements/call-answer.js";
import "../elements/notice-bar.js";
import "../elements/scene-player.js";
import "../elements/step-bar.js";
import "../elements/step-tools.js";

/** Starts a chapter with its scenes; the first one opens unless the address names another. */
export function open(scenes) {
  const chapter = new Chapter(scenes);
  if (isEmbedded) embed();
  lab.api = new Kmemlab("", { token: null });
  lab.branchesOff = true;
  lab.linkTo = (step) => (lab.story?.tells(step) ?? true ? `scene=${chapter.scene.id}&step=${step}` : `scene=${chapter.scene.id}`);
  lab.restart = () => chapter.restart();
  lab.revive = (error) => chapter.revive(error.sought);
  window.addEventListener("pagehide", () => chapter.leave());
  window.addEventListener("pageshow", (event) => event.persisted && chapter.revive());
  window.addEventListener("hashchange", () => chapter.follow() && showFigure());
  chapter.follow();
}

class Chapter {
  scene = null;
  #scenes;
  #buttons;
  #turn = Promise.resolve();
  #isReviving = false;
  /** The sessions that this page has begun and not ended: id -> token. */
  #sessions = new Map();

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

  /** Boots what has vanished anew, makes the scene's calls again, goes on with what was wanted, and says so. */
  revive(sought = null) {
    if (this.#isReviving || !this.scene) return true;
    this.#isReviving = true;
    const { trunk } = lab;
    const { last, story, seen = sought ?? lab.step } = trunk ?? lab;
    const callsOn = !trunk && story?.isCalling;
    const { activeElement: focused } = document;
    this.#start(this.scene, last, async () => {
      if (callsOn) await lab.story.advance(lab);
      else if (seen !== lab.step) await lab.go(seen);
      const lost = trunk ? " The branch is gone." : "";
      lab.notify({ kind: "info", text: `The session had ended. A new one was booted, and the scene’s calls were made again up to step ${last}.${lost}` });
      if (document.activeElement === document.body) focused.focus({ preventScroll: true });
    }).finally(() => { this.#isReviving = false; });
    return true;
  }

  /** Ends all sessions: the page goes away. */
  leave() {
    if (lab.trunk) end(lab.session, lab.token, true);
    for (const [id, token] of this.#sessions) end(id, token, true);
    this.#sessions.clear();
  }

  /** Ends the sessions that nobody else can know of. */
  #endUnshared() {
    const unshared = [...this.#sessions].filter(([id]) => !lab.shared.has(id));
    for (const [id] of unshared) this.#sessions.delete(id);
    const branch = lab.trunk ? [[lab.session, lab.token]] : [];
    return Promise.all([...unshared, ...branch].map(([id, token]) => end(id, token)));
  }

  /** Begins a scene, makes its calls up to a step, and then does `then`. */
  #start(scene, step, then = () => {}) {
    this.#turnTo(scene);
    document.body.dataset.opening = "";
    this.#turn = this.#turn.then(async () => {
      const isLeft = lab.lookedOn !== null && lab.lookedOn === (lab.trunk ?? lab).session;
      await this.#endUnshared();
      lab.notify(null);
      lab.api.token = null;
      if (!(await lab.boot({ machine: "classroom", ...scene.machine }))) return this.#stay(scene);
      if (!lab.view) return;
      this.#sessions.set(lab.session, lab.token);
      lab.about(scene.topic ?? "pages");
      lab.tellStory(new Story(scene));
      await reach(lab, step);
      if (isLeft) lab.notify({ kind: "info", text: "Whoever looks on by your link still sees the scene before. “Share a view” has the link of this one." });
      await then();
    }).finally(() => { delete document.body.dataset.opening; });
    return this.#turn;
  }

  /** Names a scene as the one that is on show. */
  #turnTo(scene) {
    this.scene = scene;
    for (const button of this.#buttons) button.setAttribute("aria-pressed", String(button.dataset.scene === scene.id));
    reveal(this.#buttons[this.#scenes.indexOf(scene)]);
    document.body.dataset.scene = scene.id;
    for (const part of document.querySelectorAll("[data-only]")) part.hidden = !part.dataset.only.split(" ").includes(scene.id);
  }

  /** No machine could be booted for a scene: the one before stays on show, and its session, if it is still there, is in use. */
  #stay(scene) {
    const { session, token, story } = lab.trunk ?? lab;
    lab.api.token = lab.token;
    if (token) this.#sessions.set(session, token);
    if (story && this.scene === scene) this.#turnTo(story.definition);
    lab.link();
  }

  #reach(step) {
    this.#turn = this.#turn.then(() => reach(lab, step));
  }
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

/** Ends a session. One that has ended already is no trouble; one that nobody asks for any more ends by itself. */
function end(id, token, keepalive = false) {
  return new Kmemlab("", { token }).send({ ...requests.end(id), keepalive }).catch(() => {});
}
