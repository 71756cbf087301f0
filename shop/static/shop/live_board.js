// The live board of the admin: a row for each order that something happened to, the newest on top.
import { follow } from "../notifications/live.js";

const ROWS = 50;
const COUNT_EVERY = 3000; // milliseconds at least between two looks at the numbers on top
const SOUND = "live-board-sound";
const SAID = {
  OrderCreated: "came in",
  OrderConfirmed: "was confirmed",
  OrderCancelled: "was cancelled",
  OrderShipped: "was shipped",
  OrderDelivered: "has arrived",
  OrderRefunded: "was refunded",
  OrderDeleted: "was deleted",
};

const board = document.getElementById("board");
const list = document.getElementById("board-orders");
const shownState = document.getElementById("board-state");
const soundSwitch = document.getElementById("board-sound");
const { feed, types, after, now, orders, ticket, today } = board.dataset;
const opened = Date.parse(now);
const rows = new Map();

/** A ticket for the feed, or null for who is not signed in any more, or may not. Else throws, and is asked again. */
async function fetchTicket() {
  const csrf = board.querySelector("[name=csrfmiddlewaretoken]").value;
  const answer = await fetch(ticket, { method: "POST", headers: { "X-CSRFToken": csrf }, redirect: "manual" });
  if (answer.type === "opaqueredirect" || answer.status === 403) return null;
  if (!answer.ok) throw new Error(`the ticket was answered with ${answer.status}`);
  return (await answer.json()).ticket;
}

function part(kind, name, text) {
  const element = document.createElement(kind);
  element.className = name;
  element.textContent = text;
  return element;
}

function show({ type, time, subject, data }) {
  const id = subject.split("/")[1];
  const at = new Date(time);
  const row = document.createElement("li");
  const clock = part("time", "", at.toLocaleTimeString([], { timeStyle: "medium", hourCycle: "h23" }));
  clock.dateTime = time;
  clock.title = at.toLocaleString();
  const number = part("a", "", data.number);
  number.href = `${orders}${id}/change/`;
  const status = part("span", "board-status", data.status);
  status.prepend(part("span", `dash-dot dash-state-${data.status}`, ""));
  const partly = data.complete === false ? " in part" : "";
  row.append(clock, number, status, part("span", "board-what dash-quiet", SAID[type] + partly));
  row.append(part("span", "board-total", `${data.total} ${data.currency}`));
  rows.get(id)?.remove();
  rows.delete(id); // and to the end: the first of the map is the oldest
  rows.set(id, row);
  list.prepend(row);
  if (rows.size > ROWS) {
    const [oldest, last] = rows.entries().next().value;
    last.remove();
    rows.delete(oldest);
  }
  if (at.getTime() < opened) return;
  row.classList.add("board-new");
  if (type === "OrderCreated") ring();
  count();
}

let counting = null;
let counted = 0;
function count() {
  counting ??= setTimeout(readNumbers, Math.max(0, counted + COUNT_EVERY - Date.now()));
}

async function readNumbers() {
  try {
    const answer = await fetch(today, { redirect: "manual" });
    if (!answer.ok) return; // the feed's own line tells what is wrong, and the next event asks again
    for (const [name, value] of Object.entries(await answer.json())) {
      board.querySelector(`[data-number=${name}]`).textContent = value;
    }
  } finally {
    counted = Date.now();
    counting = null;
  }
}

let audio = null;
function ring() {
  if (!soundSwitch.checked) return;
  audio ??= new AudioContext();
  audio.resume();
  const tone = audio.createOscillator();
  const volume = audio.createGain();
  tone.frequency.value = 660;
  volume.gain.setValueAtTime(0.08, audio.currentTime);
  volume.gain.exponentialRampToValueAtTime(0.0001, audio.currentTime + 0.4);
  tone.connect(volume).connect(audio.destination);
  tone.start();
  tone.stop(audio.currentTime + 0.4);
}

soundSwitch.checked = localStorage.getItem(SOUND) === "on";
soundSwitch.addEventListener("change", () => {
  localStorage.setItem(SOUND, soundSwitch.checked ? "on" : "off");
  ring(); // browsers let a page sound once somebody has clicked in it
});

function tell({ name, reason, seconds }) {
  shownState.dataset.state = name;
  shownState.textContent = {
    connecting: "Connecting …",
    live: "Live",
    waiting: `Cut off. The next attempt is in ${Math.ceil(seconds)} s; nothing is lost.`,
    ended: `It has ended: ${reason}. Reload the page to sign in again.`,
  }[name];
  if (name === "live") count();
}

follow({ address: feed, token: fetchTicket, types: types.split(","), after, silence: 120, onEvent: show, onState: tell });
