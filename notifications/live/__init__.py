"""The live feed (`/ws/events`): one reader of the event log per process, which hands events to its own sockets.

`log.py` reads rows, `hub.py` follows the log and keeps its newest part, `follower.py` is one socket's place in it,
`admission.py` decides who may listen to what, and `socket.py` is the Channels consumer that ties them together.
"""
