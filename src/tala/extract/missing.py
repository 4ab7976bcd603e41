"""What an initial complaint still needs, in the order worth asking."""

from functools import cache

from pydantic import BaseModel, ConfigDict, Field

from tala.extract import datafiles
from tala.facts import Facts


class Question(BaseModel):
    """A fact worth asking for, and the words to ask with."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    field: str
    en: str = Field(min_length=1)
    fil: str = Field(min_length=1)
    only_for: tuple[str, ...] = ()
    unless: str | None = None

    def worth_asking(self, facts: Facts) -> bool:
        """Whether these facts call for it at all."""
        if self.unless and getattr(facts, self.unless):
            return False
        return not self.only_for or any(category.code in self.only_for for category in facts.categories)


@cache
def questions() -> tuple[Question, ...]:
    """All questions, in the order worth asking."""
    return tuple(Question.model_validate(row) for row in datafiles.read("questions.toml")["question"])


def _known(field: str, facts: Facts) -> bool:
    match field:
        case "narrative":
            return bool(facts.categories)
        case "respondent":
            named = any(person.role == "respondent" for person in facts.people)
            return named or facts.respondent_description is not None
        case "complainant":
            return any(person.role == "complainant" for person in facts.people)
        case "contact":
            return bool(facts.phones or facts.emails)
        case "amount":
            return bool(facts.amounts)
        case _:
            return getattr(facts, field) is not None


def missing(facts: Facts) -> tuple[str, ...]:
    """Fields still unknown, first the one worth asking first; none for what is no complaint."""
    if facts.categories and not facts.is_complaint:
        return ()
    return tuple(q.field for q in questions() if q.worth_asking(facts) and not _known(q.field, facts))
