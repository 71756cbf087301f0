"""What SES tells of a mail moves it on, never back, and keeps a dead or angry address from being written to again."""

from __future__ import annotations

import itertools
import json
from uuid import uuid4

import pytest
from django.db import transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from events.models import Event, Inbox
from events.tests.delivering import deliver
from invoices.tests.conftest import PlaceOrder, the_event
from notifications.mail import suppression
from notifications.mail.feedback import NotFeedback
from notifications.models import Mail, Suppression
from notifications.tests.conftest import Post
from notifications.tests.feedback import GREETING, bounce, complaint, delay, delivery, hear, reject, told

pytestmark = pytest.mark.django_db


@pytest.fixture
def sent(place: PlaceOrder, post: Post) -> Mail:
    """A mail that SES has taken."""
    return write_to(place)


def write_to(place: PlaceOrder, email: str = "gus@example.com") -> Mail:
    order = place(("MUG", 1), email=email)
    deliver(the_event("OrderCreated", order), "emails")
    return Mail.objects.get(order_id=order.id)


def state(mail: Mail) -> tuple[str, str]:
    mail.refresh_from_db()
    return mail.status, mail.outcome


def listed() -> list[tuple[str, str]]:
    return list(Suppression.objects.filter(lifted_at=None).values_list("address", "reason"))


def test_a_mail_that_arrived_is_delivered(sent: Mail) -> None:
    hear(delivery(sent))

    assert state(sent) == ("delivered", "250 2.6.0 Message received")
    assert sent.outcome_at is not None
    assert listed() == []


def test_a_hard_bounce_puts_the_address_on_the_list(sent: Mail) -> None:
    hear(bounce(sent))

    assert state(sent) == ("bounced", "Permanent bounce (General): smtp; 550 5.1.1 user unknown")
    (row,) = Suppression.objects.all()
    assert (row.address, row.reason, row.mail_id) == ("gus@example.com", "hard_bounce", sent.id)
    assert "user unknown" in row.detail


@pytest.mark.parametrize(("sort", "subtype"), [("Transient", "MailboxFull"), ("Undetermined", "Undetermined")])
def test_a_soft_bounce_does_not(sort: str, subtype: str, sent: Mail) -> None:
    hear(bounce(sent, sort, subtype))

    assert state(sent)[0] == "bounced"
    assert listed() == []


def test_a_note_of_absence_takes_nothing_back_from_what_was_delivered(sent: Mail) -> None:
    hear(delivery(sent))
    hear(bounce(sent, "Transient", "General"))

    assert state(sent) == ("delivered", "250 2.6.0 Message received")


def test_a_complaint_puts_the_address_on_the_list_too(sent: Mail) -> None:
    hear(delivery(sent))
    hear(complaint(sent))

    assert state(sent) == ("complained", "complaint: abuse")
    assert listed() == [("gus@example.com", "complaint")]


def test_who_says_that_a_mail_is_no_spam_is_written_to_as_before(sent: Mail) -> None:
    hear(delivery(sent))
    hear(complaint(sent, "not-spam"))

    assert state(sent) == ("delivered", "250 2.6.0 Message received")
    assert listed() == []


@pytest.mark.parametrize("order", itertools.permutations(("delivery", "bounce", "complaint")))
def test_in_any_order_and_twice_it_ends_the_same(order: tuple[str, ...], sent: Mail) -> None:
    messages = {"delivery": delivery(sent), "bounce": bounce(sent), "complaint": complaint(sent)}
    for kind in (*order, *order):
        hear(messages[kind])

    assert state(sent)[0] == "complained"
    assert listed() == [("gus@example.com", "complaint")]


def test_what_ses_rejects_has_failed(sent: Mail) -> None:
    hear(reject(sent))

    assert state(sent) == ("failed", "SES rejected it: Bad content")


def test_a_delay_is_noted_and_changes_no_state(sent: Mail) -> None:
    hear(delay(sent))
    assert state(sent) == (
        "sent",
        "delayed (TransientCommunicationFailure): smtp; 421 4.4.1 Unable to connect",
    )

    hear(delivery(sent))
    hear(delay(sent))
    assert state(sent) == ("delivered", "250 2.6.0 Message received")


def test_a_mail_is_known_by_its_header_before_sess_answer_is_noted(sent: Mail, post: Post) -> None:
    """As after a crash between SES's answer and the row: it went out, and must not go again."""
    Mail.objects.update(status="queued", ses_id="", sent_at=None)
    Inbox.objects.update(done_at=None, claimed_until=None)

    hear(delivery(sent, ses_id="ses-1"))
    deliver(Event.objects.get(id=sent.event_id), "emails")

    assert state(sent)[0] == "delivered"
    assert (sent.ses_id, post.asked) == ("ses-1", 1)
    assert sent.sent_at is not None


@pytest.mark.parametrize("kind", ["Send", "Open", "Click", "Rendering Failure", "Something New"])
def test_what_says_nothing_new_is_left(kind: str, sent: Mail) -> None:
    hear(told(kind, sent))

    assert state(sent) == ("sent", "")


def test_a_mail_that_is_not_ours_is_left(sent: Mail) -> None:
    hear(delivery(None))
    hear(delivery(None, ses_id=str(uuid4())))

    assert state(sent) == ("sent", "")


def test_sess_greeting_is_left() -> None:
    hear(GREETING)


@pytest.mark.parametrize(
    "body",
    [
        "",
        "no json",
        "[]",
        "null",
        "{}",
        '{"eventType": "Bounce"}',
        '{"eventType": "Bounce", "mail": {"messageId": "1"}}',
    ],
)
def test_what_ses_cannot_have_written_fails(body: str) -> None:
    with pytest.raises(NotFeedback):
        hear(body)


def test_later_mail_to_the_address_is_written_down_and_not_sent(sent: Mail, place: PlaceOrder, post: Post) -> None:
    hear(bounce(sent))

    later = write_to(place)
    other = write_to(place, "rita@example.com")

    assert (later.status, later.ses_id, later.sent_at) == ("suppressed", "", None)
    assert "gus@example.com is not written to since" in later.last_error
    assert other.status == "sent"
    assert post.recipients == [["gus@example.com"], ["rita@example.com"]]


def test_an_address_taken_off_the_list_is_written_to_again(sent: Mail, place: PlaceOrder, post: Post) -> None:
    hear(bounce(sent))
    (row,) = Suppression.objects.all()

    assert suppression.lift(suppression_id=row.id, by="stella@example.com")
    assert not suppression.lift(suppression_id=row.id, by="somebody@example.com")
    hear(bounce(sent))  # the same one, told again

    row.refresh_from_db()
    assert row.lifted_by == "stella@example.com"
    assert listed() == []
    assert write_to(place).status == "sent"


def test_a_new_bounce_puts_it_back(sent: Mail, place: PlaceOrder) -> None:
    hear(bounce(sent))
    suppression.lift(suppression_id=Suppression.objects.get().id, by="stella@example.com")

    hear(bounce(write_to(place)))

    assert listed() == [("gus@example.com", "hard_bounce")]
    assert Suppression.objects.count() == 2


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=st.text(st.characters(exclude_categories=[]), min_size=1))
@example(words="550 \x00")
@example(words="550 \ud800")
def test_a_bounce_counts_in_whatever_words_a_foreign_server_sent_the_mail_back(words: str, sent: Mail) -> None:
    message = json.loads(bounce(sent))
    message["bounce"]["bouncedRecipients"][0]["diagnosticCode"] = words
    with transaction.atomic():
        hear(json.dumps(message))
        assert state(sent)[0] == "bounced"
        assert listed() == [("gus@example.com", "hard_bounce")]
        transaction.set_rollback(True)
