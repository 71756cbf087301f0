"""What becomes of mails: SES's configuration set tells a topic, and that the queue `ses-feedback`."""

from __future__ import annotations

from aws_cdk import aws_iam, aws_ses, aws_sns, aws_sns_subscriptions
from constructs import Construct

from deploy.constructs.queues import Queues
from deploy.nag import explain

QUEUE = "ses-feedback"
TOLD = (
    aws_ses.EmailSendingEvent.DELIVERY,
    aws_ses.EmailSendingEvent.BOUNCE,
    aws_ses.EmailSendingEvent.COMPLAINT,
    aws_ses.EmailSendingEvent.REJECT,
    aws_ses.EmailSendingEvent.DELIVERY_DELAY,
)
"""What `notifications/mail/feedback.py` takes; opens and clicks are nobody's business."""


class Feedback(Construct):
    """`configuration_set`, for the setting SES_CONFIGURATION_SET."""

    def __init__(self, scope: Construct, id: str, *, name: str, queues: Queues) -> None:
        super().__init__(scope, id)
        topic = aws_sns.Topic(self, "Topic", topic_name=f"{name}-{QUEUE}", enforce_ssl=True, master_key=queues.key)
        if queues.key is None:
            explain(topic, "SNS2", "What it tells of an address lies encrypted in the queue a moment later.")
        else:
            queues.key.grant(aws_iam.ServicePrincipal("ses.amazonaws.com"), "kms:Decrypt", "kms:GenerateDataKey")
        topic.add_subscription(aws_sns_subscriptions.SqsSubscription(queues.by_name[QUEUE], raw_message_delivery=True))
        self.configuration_set = aws_ses.ConfigurationSet(
            self,
            "Set",
            configuration_set_name=name,
            reputation_metrics=True,
            tls_policy=aws_ses.ConfigurationSetTlsPolicy.OPTIONAL,  # a mail that no TLS takes is better than none
            suppression_reasons=aws_ses.SuppressionReasons.BOUNCES_AND_COMPLAINTS,
        )
        self.configuration_set.add_event_destination(
            "Feedback", destination=aws_ses.EventDestination.sns_topic(topic), events=list(TOLD)
        )
