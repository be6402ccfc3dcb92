/**
 * A session's events as they happen: `GET /events`, read with fetch, since an EventSource cannot carry a token.
 * A stream that was cut off goes on behind the last event that was heard.
 */
import { Problem } from "./api.js";

const [FIRST_WAIT, LONGEST_WAIT] = [500, 15_000];
/** The server sends a comment after 15 silent seconds; after this many the line is dead. */
const SILENCE = 40_000;

/**
 * Follows until the session ends or `signal` says so.
 *
 * `hear({type, data})` is told every event behind the one whose id is `from`, and `tell(state)` how the line is:
 * "live" or "waiting". Throws a `Problem` when the server will not have this reader.
 */
export async function follow(api, { from, signal, hear, tell }) {
  let last = from;
  let wait = FIRST_WAIT;
  while (!signal.aborted) {
    try {
      for await (const event of events(api, last, signal, () => { wait = FIRST_WAIT; tell("live"); })) {
        last = event.id || last;
        hear(event);
        if (event.type === "end") return;
      }
    } catch (error) {
      if (error instanceof Problem && error.status < 500 && error.status !== 429) throw error;
    }
    if (signal.aborted) return;
    tell("waiting");
    await pause(wait * (0.75 + Math.random() / 2), signal);
    wait = Math.min(2 * wait, LONGEST_WAIT);
  }
}

async function* events(api, last, signal, connected) {
  const control = new AbortController();
  const giveUp = () => control.abort();
  let clock = setTimeout(giveUp, SILENCE);
  signal.addEventListener("abort", giveUp);
  try {
    const headers = { Accept: "text/event-stream, application/problem+json", ...(last && { "Last-Event-ID": last }) };
    const response = await api.until(control.signal).fetch({ path: "/events", headers });
    if (!response.ok) throw new Problem(response.status, await response.json().catch(() => ({})));
    connected();
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      clearTimeout(clock);
      clock = setTimeout(giveUp, SILENCE);
      const blocks = (text + part.value.replaceAll("\r", "")).split("\n\n");
      text = blocks.pop();
      yield* blocks.map(parsed).filter(Boolean);
    }
  } finally {
    clearTimeout(clock);
    signal.removeEventListener("abort", giveUp);
    control.abort();
  }
}

/** One event; null for a comment. */
function parsed(block) {
  const fields = {};
  for (const line of block.split("\n")) {
    const [, name, value] = /^(\w+): ?(.*)$/.exec(line) ?? [];
    if (name) fields[name] = name in fields ? `${fields[name]}\n${value}` : value;
  }
  return fields.event ? { id: fields.id, type: fields.event, data: fields.data ? JSON.parse(fields.data) : null } : null;
}

/** Waits, less if the network comes back meanwhile. */
function pause(milliseconds, signal) {
  return new Promise((done) => {
    const clock = setTimeout(end, milliseconds);
    signal.addEventListener("abort", end);
    window.addEventListener("online", end);
    function end() {
      clearTimeout(clock);
      signal.removeEventListener("abort", end);
      window.removeEventListener("online", end);
      done();
    }
  });
}
