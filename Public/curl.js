/** The curl line that does the same as a request of this page. */
import { likeness } from "./sessions.js";

const quoted = (text) => `'${text.replaceAll("'", `'\\''`)}'`;

/** A request, as `requests` of api.js makes them, as one shell command. */
export function curlLine({ method, path, body }, origin = location.origin) {
  const parts = ["curl -sS"];
  if (method !== "GET" && !(method === "POST" && body !== null)) parts.push(`-X ${method}`);
  if (path !== "/sessions") parts.push('-H "Authorization: Bearer $TOKEN"');
  if (body !== null) parts.push("-H 'Content-Type: application/json'", `-d ${quoted(JSON.stringify(body))}`);
  parts.push(quoted(origin + path));
  return parts.join(" ");
}

/** The line that sets $TOKEN: this session's own, or that of a new machine of the same kind. */
export function tokenLine(token, machine, origin = location.origin) {
  if (token) return `TOKEN=${token}`;
  const body = JSON.stringify(likeness(machine));
  return `TOKEN=$(curl -sS -H 'Content-Type: application/json' -d ${quoted(body)} ${origin}/sessions | grep -o 'kml_[0-9a-f]*')`;
}
