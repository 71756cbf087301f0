"""The address that mails come from, as SES is to know it."""

from __future__ import annotations

from aws_cdk import Arn, ArnComponents, CfnOutput, Stack, aws_ses
from constructs import Construct

from deploy.settings import Settings


class Sender(Construct):
    """`arn`, and what is still to be done for it: an output with the records of its DKIM keys, for a domain.

    SES asks an address for a proof by mail; for a domain it looks for three records in its zone.
    """

    def __init__(self, scope: Construct, id: str, *, settings: Settings) -> None:
        super().__init__(scope, id)
        known = settings.mail_from if settings.mail_identity == "address" else settings.mail_from.partition("@")[2]
        self.arn = Arn.format(ArnComponents(service="ses", resource="identity", resource_name=known), Stack.of(self))
        if settings.mail_identity == "exists":
            return
        kinds = aws_ses.Identity
        identity = aws_ses.EmailIdentity(
            self,
            "Identity",
            identity=kinds.email(known) if settings.mail_identity == "address" else kinds.domain(known),
        )
        if settings.mail_identity == "domain":
            records = "; ".join(f"{record.name} CNAME {record.value}" for record in identity.dkim_records)
            CfnOutput(self, "Dkim", key="Dkim", value=records, description=f"Records to add to the zone of {known}")
