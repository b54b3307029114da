"""What tills and shops write in place of a name is no name, in several languages; it may be part of one."""

import pytest

from stores.normalisation import is_placeholder, normalise

WORDS = ("Guest", "散客", "Gast", "Unbekannt", "N.N.", "Laufkunde", "Client inconnu", "INVITÉ", "Invitado", "Cliente")
WORDS += ("Convidado", "Consumidor Final", "desconhecido")


@pytest.mark.parametrize("written", WORDS)
def test_a_word_for_nobody_is_no_name(written):
    assert is_placeholder("name", written)
    assert normalise("name", written) is None


@pytest.mark.parametrize(("kind", "written"), [("name", "Anna Gast"), ("family_name", "Gast"), ("name", "Gastmann")])
def test_a_family_name_that_is_also_such_a_word_stays_a_name(kind, written):
    assert normalise(kind, written) is not None
