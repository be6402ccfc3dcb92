/** Branches: what would have been, on a machine of its own. For clients that hold tokens. */
import { requests } from "./api.js";

/** Branches off at `step`; calls go to the branch until `leaveBranch`. */
export async function branch(lab, step) {
  const { machine, token, session, viewToken, last, entries, answers, story, undone, halted, topic } = lab;
  const past = { entries: [...entries], answers: [...answers] };
  const trunk = lab.trunk ?? { step, seen: lab.step, machine, token, session, viewToken, last, story, undone, halted, topic, ...past };
  const begun = await lab.api.fork(session, step);
  lab.adopt(begun.machine, begun.token, begun.id);
  recall(lab, past, step);
  Object.assign(lab, { trunk, last: step });
  lab.tell("story");
  await lab.show(step);
}

/** Ends the branch and shows what was left for it. */
export async function leaveBranch(lab) {
  if (!lab.trunk) return;
  const { seen, machine, token, session, viewToken, last, story, undone, halted, topic, ...past } = lab.trunk;
  await lab.api.send(requests.end(lab.session)).catch(() => {});
  lab.api.token = token;
  lab.adopt(machine, token, session, viewToken);
  recall(lab, past, last);
  Object.assign(lab, { last, step: seen, story, undone, halted });
  lab.about(topic);
  await lab.show(seen);
  lab.tell("story");
}

function recall(lab, { entries, answers }, last) {
  for (const [step, entry] of entries) if (step <= last) lab.entries.set(step, entry);
  for (const [step, answer] of answers) if (step <= last) lab.answers.set(step, answer);
}
