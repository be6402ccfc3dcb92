/** The calls of a session as a file, and calls from a file: our own, and what other tools write. */
import { cProgram } from "./c-program.js";
import { curlLine, tokenLine } from "./curl.js";

/** What has a route of its own: its calls are no body of `POST /calls`. */
const ROUTES = {
  memcpy_to: ({ address, ...body }) => ({ method: "PUT", path: `/memory/${address}`, body }),
  access: (body) => ({ method: "POST", path: "/accesses", body }),
  dma: (body) => ({ method: "POST", path: "/dma", body }),
  load_module: (body) => ({ method: "POST", path: "/modules", body }),
  delete_module: ({ name }) => ({ method: "DELETE", path: `/modules/${name}`, body: null }),
};

export const FORMATS = {
  ndjson: { title: "Calls", about: "a line for each, to be loaded here or sent to POST /calls", type: "application/x-ndjson", text: calls },
  sh: { title: "Shell script", about: "the same as curl lines, with a machine of its own", type: "text/x-shellscript", text: script },
  c: { title: "C", about: "as the code of a kernel module", type: "text/x-csrc", text: cProgram },
};

/** The file with the calls up to the step on show: {name, blob, count}. */
export async function fileOf(lab, format) {
  const { step, session } = lab;
  const entries = step > 0 ? await lab.api.journal(step) : [];
  const { type, text } = FORMATS[format];
  return { name: `kmemlab-${session}-step-${step}.${format}`, blob: new Blob([`${text(entries, lab)}\n`], { type }), count: entries.length };
}

function calls(entries) {
  return entries.map(({ function: call, arguments: given }) => JSON.stringify({ call, ...given })).join("\n");
}

function script(entries, { machine }) {
  const lines = entries.map(({ function: call, arguments: given }) => curlLine(requestFor({ call, ...given })));
  return ["#!/bin/sh -e", tokenLine(null, machine), ...lines].join("\n");
}

const requestFor = ({ call, ...given }) => ROUTES[call]?.(given) ?? { method: "POST", path: "/calls", body: { call, ...given } };

/** The media type of a file of calls, by its first lines; null if it is none. */
function typeOf(text) {
  if (/^\s*\{/.test(text)) return "application/x-ndjson";
  if (/^(= Start|@ )/m.test(text)) return "text/x-mtrace";
  if (/^# tracer:|\]\s.*: (kmalloc|kfree|kmem_cache_\w+|mm_page_\w+): /m.test(text)) return "text/x-ftrace";
  return /^\s*\d+\s+\d+\s+\d+\s+\d+\s+[arf] /.test(text) ? "text/x-malloc-rep" : null;
}

/** Makes the calls of a file; returns {made, failed, skipped}. Throws what the server refuses; calls before that were made. */
export async function load(lab, file) {
  const type = typeOf(await file.slice(0, 4096).text());
  if (type === null) throw new Error("This is no file of calls: a JSON object on each line, a .rep of the malloc lab, or what mtrace or ftrace writes.");
  const sum = { made: 0, failed: 0, skipped: 0 };
  for (const request of type === "application/x-ndjson" ? parts(await file.text()) : [post(file, type)]) {
    const { summary } = await lab.api.send(request);
    sum.made += summary?.ran ?? 1;
    sum.failed += summary?.failed ?? 0;
    sum.skipped += summary?.skipped ?? 0;
  }
  return sum;
}

const post = (body, type) => ({ method: "POST", path: "/calls?on_failure=continue", body, type });

/** The requests for lines of calls: as few as can be, those with a route of their own apart. */
function* parts(text) {
  let lines = [];
  for (const line of text.split("\n").filter((one) => one.trim() !== "")) {
    const name = /"call"\s*:\s*"(\w+)"/.exec(line)?.[1];
    if (!(name in ROUTES)) {
      lines.push(line);
      continue;
    }
    if (lines.length) yield post(lines.join("\n"), "application/x-ndjson");
    lines = [];
    yield requestFor(JSON.parse(line));
  }
  if (lines.length) yield post(lines.join("\n"), "application/x-ndjson");
}

/** What boots the machine that a file of a kernel trace has recorded, packed or not. */
export async function recordingIn(file) {
  const isPacked = new Uint8Array(await file.slice(0, 2).arrayBuffer()).join() === "31,139";
  const lines = file.stream().pipeThrough(isPacked ? new DecompressionStream("gzip") : new TransformStream());
  return { method: "POST", path: "/sessions", type: "application/x-ndjson", body: await new Response(lines).text() };
}
