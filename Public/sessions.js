/** The session that this browser comes back to, and what boots a machine like another one. */

const REMEMBERED = "kmemlab-session";

/** The session that the cookie names, {id, view?}: its id and the token that only looks; null for none. */
export function remembered() {
  try {
    const text = localStorage.getItem(REMEMBERED);
    return text === null ? null : text.startsWith("{") ? JSON.parse(text) : { id: text };
  } catch {
    return null;
  }
}

export function remember(session) {
  try {
    localStorage.setItem(REMEMBERED, JSON.stringify(session));
  } catch {
    // Without storage every visit boots a machine of its own.
  }
}

const WATCHED = "kmemlab-watched";

/** The token of the session that this tab follows, for when it is loaded anew; null if it follows none. */
export function watched() {
  try {
    return sessionStorage.getItem(WATCHED);
  } catch {
    return null;
  }
}

export function keepWatched(token) {
  try {
    if (token === null) sessionStorage.removeItem(WATCHED);
    else sessionStorage.setItem(WATCHED, token);
  } catch {
    // Without storage a tab that is loaded anew is back at the reader's own session.
  }
}

/** What boots a machine like another one; an uploaded one cannot be had again from here. */
export function likeness(machine) {
  if (machine?.kind === "recorded" && machine.recording.name !== null) return { machine: "recorded", recording: machine.recording.name };
  if (!machine || machine.kind === "recorded") return { machine: "classroom" };
  const { kind, memory_bytes: memory, cpus, debug, slab } = machine;
  return { machine: kind, memory, cpus, debug, slab };
}
