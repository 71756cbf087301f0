"""What both commands share: their options, and the one line and status that whatever goes wrong ends with."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from deploy.operating.words import in_words
from deploy.settings import FILE, Settings, chosen, told_by
from deploy.shop_settings import Wrong
from local.report import Report, Trouble

INTERRUPTED = 130


@dataclass(frozen=True)
class Asked:
    """The command line, and the settings that it leads to."""

    words: argparse.Namespace
    settings: Settings


def parser(command: str, description: str, epilog: str = "") -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog=f"deploy/{command}", description=description, epilog=epilog)
    made.add_argument("--settings", type=Path, default=FILE, metavar="FILE", help="instead of deploy/shop.toml")
    made.add_argument(
        "-c",
        dest="given",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="a choice that goes before the file's",
    )
    made.add_argument("--app", type=Path, metavar="FOLDER", help="templates that are there, instead of the settings'")
    return made


def run(words: argparse.Namespace, work: Callable[[Asked, Report], None]) -> int:
    """Does the work. 2 where the command or the settings are at fault, 1 where something else is, else 0."""
    report = Report()
    try:
        if words.settings != FILE and not words.settings.exists():
            raise Wrong(f"There is no file {words.settings}")
        work(Asked(words, chosen(words.settings, told_by(words.given))), report)
        return 0
    except Wrong as wrong:
        _say(str(wrong))
        return 2
    except Trouble as trouble:
        _say(str(trouble))
    except (BotoCoreError, ClientError) as error:
        _say(in_words(error))
    except OSError as error:
        _say(f"{error.strerror or error}: {error.filename or 'a temporary file'}")
    except KeyboardInterrupt:
        _say("Stopped. What CloudFormation has begun goes on at AWS: run the command again, which waits for its end.")
        return INTERRUPTED
    return 1


def _say(line: str) -> None:
    sys.stderr.write(f"\n{line}\n")
