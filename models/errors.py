"""What a user can mend, by what is to be done about it."""


class NotDoneError(Exception):
    """What was asked can't be done with what there is; the message says why."""


class MisuseError(Exception):
    """A setting, a rule, an argument or a step can't be used; the message names it and what was expected."""


class UnavailableError(Exception):
    """Something needed is away or locked; nothing was changed, and it may be tried again."""
