"""What the console refuses, each with the status that means it.

Refusal
├── BadInputError      400, 413, 415, 422: the form can't be used
├── NotAllowedError    403: this role may not, or the form is not one of ours
├── NotFoundError      404, 410: no such page, case, frame
└── TakenError         409: somebody else holds it or was faster
"""


class Refusal(Exception):  # noqa: N818 (the errors below are its kinds)
    """Something was refused and nothing changed; the text is for people."""

    status = 400

    def __init__(self, message: str, status: int | None = None) -> None:
        """Refuse with a message, and with another status than the kind's own."""
        super().__init__(message)
        self.status = status or self.status


class BadInputError(Refusal):
    """The form can't be used."""

    status = 422


class NotAllowedError(Refusal):
    """The role may not, or the form is not one of ours."""

    status = 403


class NotFoundError(Refusal):
    """There is no such page, case or frame."""

    status = 404


class TakenError(Refusal):
    """Somebody else holds it, or was faster."""

    status = 409


class SignInNeededError(Exception):
    """Nobody is signed in; what was posted is kept for after the sign-in."""
