"""Who listens to what in the tests of the event core: pure data."""

CONSUMER = "things"
ROUTES = {
    "ThingMade": "topic",
    "ThingPainted": "topic",
    "ThingUnheard": "topic",
    "ThingHeld": "topic",
    "ThingCounted": "bus",
}
SUBSCRIPTIONS = {
    CONSUMER: {
        "ThingMade": "events.tests.things.write_down",
        "ThingPainted": "events.tests.things.count",
        "ThingHeld": "events.tests.things.hold",
        "ThingCounted": "events.tests.things.write_down",
    }
}
