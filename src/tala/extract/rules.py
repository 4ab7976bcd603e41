"""The components that read facts by rule, in the order they must run.

Each is a spaCy factory that needs nothing but the text (a blank tokenizer): no tagger, no parser, no named
entities. `filed_at` reaches them as `doc._.filed_at`, an aware `datetime` in Asia/Manila; without it dates
are resolved against now. Importing this module registers all of them:

    for rule in RULES:
        nlp.add_pipe(rule.name)
"""

from typing import Final, NamedTuple

from tala.extract import agencies, amounts, contacts, dates, numbers, people, places, services


class Rule(NamedTuple):
    """A component: its factory, the `Doc` extensions it sets, those of earlier components it reads."""

    name: str
    sets: tuple[str, ...]
    reads: tuple[str, ...] = ()


RULES: Final = (
    Rule(numbers.FACTORY, ("numbers",)),
    Rule(contacts.FACTORY, ("phones", "emails", "reference_numbers"), ("numbers",)),
    Rule(dates.FACTORY, ("dates", "incident_date"), ("numbers", "filed_at")),
    Rule(agencies.FACTORY, ("agency", "agency_mentions")),
    Rule(people.FACTORY, ("people", "respondent_description"), ("agency_mentions",)),
    Rule(places.FACTORY, ("location", "place_mentions"), ("agency", "agency_mentions", "people")),
    Rule(services.FACTORY, ("service", "service_class"), ("agency",)),
    Rule(amounts.FACTORY, ("amounts",), ("numbers", "dates", "reference_numbers", "phones")),
)
"""doc._.numbers: tuple[Number]; phones, emails: tuple[Contact]; reference_numbers: tuple[Reference]; dates:
tuple[DateFact]; incident_date: DateFact | None; agency: Agency | None; agency_mentions: tuple[AgencyMention];
people: tuple[Person]; respondent_description: RespondentDescription | None; location: Location | None;
place_mentions: tuple[PlaceMention]; service: Service | None; service_class: "simple" | "complex" |
"highly_technical" | None; amounts: tuple[Amount]."""
