"""What is chosen wrongly is said in one line, before anything is made."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy.settings import OPTIONS, Settings, chosen
from deploy.shop_settings import MADE, Wrong, declared
from deploy.tests.synthesized import GIVEN

NONE = Path("none")


def written(folder: Path, text: str, *, encoding: str = "utf-8") -> Path:
    file = folder / "shop.toml"
    file.write_text(text, encoding)
    return file


def test_the_variant_chooses_all_that_was_not_chosen() -> None:
    lean = chosen(NONE, GIVEN | {"variant": "lean", "waf": "true"})
    assert (lean.nat_gateways, lean.database_standby, lean.cache, lean.waf) == (0, False, "none", True)
    standard = chosen(NONE, GIVEN)
    assert (standard.nat_gateways, standard.database_standby, standard.cache, standard.waf) == (1, True, "node", False)


def test_the_command_line_counts_before_the_file(tmp_path: Path) -> None:
    file = written(tmp_path, '[deploy]\nname = "one"\nzones = 3\n[shop]\nSHOP_NAME = "Tea"\nTHROTTLE = false\n')
    settings = chosen(file, GIVEN | {"name": "two"})
    assert (settings.name, settings.zones) == ("two", 3)
    assert settings.shop == {"SHOP_NAME": "Tea", "THROTTLE": "false"}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"colour": "red"}, "there is no colour. There are variant, name, region, domain"),
        ({"variant": "fat"}, "variant must be one of standard, lean, and is 'fat'"),
        ({"zones": "9"}, "zones must be a whole number from 2 to 3"),
        ({"zones": True}, "zones must be a whole number from 2 to 3"),
        ({"waf": "yes"}, "waf must be true or false"),
        ({"log_days": "31"}, "log_days must be one of 1, 3, 5"),
        ({"name": "Shop!"}, "name must look like shop"),
        ({"name": ""}, "name must look like shop"),
        ({"domain": "https://shop.example.com"}, "domain must look like shop.example.com"),
        ({"mail_from": "Shop <shop@example.com>"}, "mail_from must look like shop@example.com"),
        ({"mail_from": ""}, "mail_from is not set"),
        ({"zone_id": ""}, "domain needs its zone_id at Route 53, or its certificate"),
        ({"domain": "", "zone_id": ""}, "Without one there is no HTTPS"),
        ({"domain": "", "http_from": "0.0.0.0/0"}, "http_from must not be all the Internet"),
        ({"http_from": "203.0.113.7/32"}, "http_from is for a shop without a domain"),
        ({"http_from": "203.0.113.7"}, "http_from must be a list of such as 203.0.113.7/32"),
    ],
)
def test_it_refuses_in_one_line(given: dict[str, object], said: str) -> None:
    with pytest.raises(Wrong) as raised:
        chosen(NONE, GIVEN | given)
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_file_is_read_as_utf_8_and_refused_as_anything_else(tmp_path: Path) -> None:
    text = '[shop]\nSHOP_NAME = "Café"\n'
    assert chosen(written(tmp_path, text), GIVEN).shop == {"SHOP_NAME": "Café"}
    with pytest.raises(Wrong, match="is no TOML"):
        chosen(written(tmp_path, text, encoding="latin-1"), GIVEN)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[deploy", "is no TOML"),
        ("[deployed]\n", "has deployed: it may have the tables"),
        ('deploy = "lean"\n', "has deploy: it may have the tables"),
        ("[[shop]]\n", "has shop: it may have the tables"),
        ('[deploy.services]\nwarehouse = [["orders.write"]]\n', "services must look like warehouse=orders.write"),
        ('[shop]\nSHOP_NAMES = "Tea"\n', "the shop has no such setting"),
        ('[shop]\nSECRET_KEY = "x"\n', "which the deployment makes by itself"),
        ('[shop]\nSHOP_NAME = ["Tea"]\n', "must be a text, a number, true or false"),
    ],
)
def test_it_refuses_a_file(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(Wrong) as raised:
        chosen(written(tmp_path, text), GIVEN)
    assert said in str(raised.value)


def test_every_setting_that_the_deployment_makes_is_one_of_the_shops() -> None:
    assert MADE - declared() == set()
    assert len(declared()) > 60


def test_every_option_says_what_it_is_for() -> None:
    assert OPTIONS.keys() == Settings.__dataclass_fields__.keys() - {"shop"}
    assert all(entry.metadata["help"].endswith(".") for entry in OPTIONS.values())
