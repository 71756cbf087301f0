/**
 * A client of the live feed (`/ws/events`) for browsers: one module, nothing to build. See docs/live.md.
 *
 * @typedef {{id: string, cursor: string, type: string, time: string, subject: string, data: object}} LiveEvent
 * @typedef {{name: "connecting" | "live" | "waiting" | "ended", code?: number, reason?: string, seconds?: number}} State
 *   `waiting` tells for how many seconds; `waiting` and `ended` tell the code that the last connection was closed with.
 */

const FINAL = new Set([4400, 4401, 4403]); // nothing that waiting could change
const BUSY = new Set([4429, 1013]);
const BAD_REQUEST = 4400;
const NO_TOKEN = 4401;
const TOKEN_RAN_OUT = 4408;
const SILENT = 4000; // ours, for a line that we give up
const FIRST = 1;
const LONGEST = 30;
const BUSY_FIRST = 10; // waited in any case, before what chance adds
const STEADY = 10; // seconds after which a connection counts as one that worked

/**
 * Seconds until the next attempt: by chance, up to a limit that doubles with each failure in a row ("full jitter"), so
 * that those who were cut off together do not come back together.
 *
 * @param {number} failures in a row, before this one
 * @param {number} code that the connection was closed with
 * @param {() => number} random at least 0, less than 1
 */
export function pause(failures, code, random = Math.random) {
  const limit = Math.min(LONGEST, FIRST * 2 ** Math.min(failures, 16));
  return BUSY.has(code) ? BUSY_FIRST + random() * Math.max(BUSY_FIRST, limit) : random() * limit;
}

/**
 * Follows the feed until `close()`, or until the server says that it is of no use. Each event is handed over once and in
 * order: after a cut the feed goes on from the cursor of the last one.
 *
 * @param {object} options
 * @param {string} options.address such as `wss://shop.example/ws/events`
 * @param {(asked: {fresh: boolean}) => string | null | Promise<string | null>} options.token is asked before each
 *   connection; `fresh` after one whose token had run out. `null`: there is none any more, which ends it. What it throws
 *   is taken for a failure that passes.
 * @param {(event: LiveEvent) => void} options.onEvent
 * @param {(state: State) => void} [options.onState]
 * @param {(answer: object) => void} [options.onAnswer] what the server says to `send`
 * @param {string | null} [options.after] the cursor to go on from; without it, from now on
 * @param {string[]} [options.types] what to hear of; without it, of everything
 * @param {number} [options.silence] seconds without a message after which the line counts as dead. A browser answers the
 *   server's pings and does not show them, so a quiet line and a dead one look the same: a new connection tells.
 * @returns {{cursor: string | null, send: (asked: object) => boolean, close: () => void}} `cursor` can be kept, to go on
 *   from later; `send` asks something, and says whether there was a line to ask it on
 */
export function follow({ address, token, onEvent, onState = () => {}, onAnswer = () => {}, after = null, types, silence = 300 }) {
  let cursor = after;
  let socket = null;
  let timer = null; // the next attempt's, or that of the silence
  let failures = 0;
  let liveSince = Infinity;
  let attempt = 0; // what belongs to an earlier one is not listened to
  let ended = false;

  function url() {
    const asked = new URL(address);
    if (cursor !== null) asked.searchParams.set("after", cursor);
    if (types) asked.searchParams.set("types", types.join(","));
    return asked;
  }

  async function connect(fresh) {
    const mine = ++attempt;
    clearTimeout(timer);
    liveSince = Infinity;
    onState({ name: "connecting" });
    let given;
    try {
      given = await token({ fresh });
    } catch (error) {
      if (mine === attempt) lost(1006, String(error));
      return;
    }
    if (mine !== attempt) return;
    if (given === null) return end(NO_TOKEN, "there is no token any more");
    try {
      socket = new WebSocket(url(), ["bearer", given]);
    } catch (error) {
      return end(BAD_REQUEST, String(error)); // an address or a token that cannot be one
    }
    socket.onmessage = ({ data }) => mine === attempt && hear(JSON.parse(data));
    socket.onclose = ({ code, reason }) => mine === attempt && lost(code, reason);
    listen();
  }

  function hear(message) {
    listen();
    if (message.cursor === undefined) return onAnswer(message); // no part of the log
    cursor = message.cursor;
    if (message.type === "hello") {
      liveSince = Date.now();
      onState({ name: "live" });
    } else {
      onEvent(message);
    }
  }

  function listen() {
    clearTimeout(timer);
    timer = setTimeout(() => drop("nothing was heard"), silence * 1000);
  }

  /** Gives up a line that may be dead: its close could take minutes to be noticed. */
  function drop(reason) {
    attempt++;
    socket?.close(SILENT);
    lost(SILENT, reason);
  }

  function lost(code, reason) {
    attempt++;
    socket = null;
    if (FINAL.has(code)) return end(code, reason);
    if (Date.now() - liveSince >= STEADY * 1000) failures = 0;
    const seconds = pause(failures++, code);
    clearTimeout(timer);
    timer = setTimeout(() => connect(code === TOKEN_RAN_OUT), seconds * 1000);
    onState({ name: "waiting", code, reason, seconds });
  }

  function end(code, reason) {
    if (ended) return;
    ended = true;
    attempt++;
    clearTimeout(timer);
    socket?.close();
    socket = null;
    globalThis.removeEventListener?.("offline", offline);
    globalThis.removeEventListener?.("online", online);
    onState({ name: "ended", code, reason });
  }

  const offline = () => socket && drop("the network is away");
  const online = () => socket || connect(false);
  globalThis.addEventListener?.("offline", offline);
  globalThis.addEventListener?.("online", online);
  connect(false);
  return {
    get cursor() {
      return cursor;
    },
    send(asked) {
      const open = socket !== null && socket.readyState === WebSocket.OPEN;
      if (open) socket.send(JSON.stringify(asked));
      return open;
    },
    close: () => end(1000, "closed here"),
  };
}
