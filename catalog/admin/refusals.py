"""What the services refuse, told at the field that was wrong, with all that was typed in still there.

The admin validates a form, then saves; a service may still refuse. The page is then made once more with the refusal,
which its form and its rows take for an error of validation.
"""

from __future__ import annotations

from typing import Any

from django import forms

from api.problems import Problem

FIELD_OF = {"code_taken": "code", "slug_taken": "slug"}
"""The field that a refusal without `errors` is about."""
OF_VARIANTS = ("variants.", "price")
"""What the names of fields begin with that are the variants' own."""


def complaints(problem: Problem | None) -> list[tuple[str, str]]:
    """A field, as the API names it, and a message, for everything that was refused."""
    if problem is None:
        return []
    if not problem.errors:
        return [(FIELD_OF.get(problem.code, ""), problem.detail)]
    return [(error["field"], error["message"]) for error in problem.errors]


def tell(form: forms.BaseForm, field: str, message: str, **names: str) -> None:
    """Adds the error to the form's field, or to the form as a whole; `names` are its own names for the API's."""
    head, _, rest = field.partition(".")
    head = names.get(head, head)
    form.add_error(head if head in form.fields else None, f"{rest}: {message}" if rest else message)


def remember(request: Any, problem: Problem) -> None:
    request.refused = problem


def remembered(request: Any) -> Problem | None:
    """What was refused when this very request was tried first."""
    return getattr(request, "refused", None)
