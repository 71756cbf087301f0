"""A firewall for web requests before the load balancer: AWS's common rules, and a limit per address."""

from __future__ import annotations

from aws_cdk import aws_wafv2
from constructs import Construct

from deploy.constructs.balancer import Balancer
from deploy.settings import Settings

PER_FIVE_MINUTES = 10_000  # requests of one address; the shop's own throttles are finer
COUNTED = ("SizeRestrictions_BODY", "SizeRestrictions_QUERYSTRING")
"""Rules that only count: images and imports are larger than they like, and searches longer."""


class Firewall(Construct):
    def __init__(self, scope: Construct, id: str, *, balancer: Balancer, settings: Settings) -> None:
        super().__init__(scope, id)
        acl = aws_wafv2.CfnWebACL(
            self,
            "Acl",
            scope="REGIONAL",
            default_action={"allow": {}},
            visibility_config=_seen(f"{settings.name}-waf"),
            rules=[
                _managed("AWSManagedRulesCommonRuleSet", 0, COUNTED),
                _managed("AWSManagedRulesKnownBadInputsRuleSet", 1),
                _managed("AWSManagedRulesAmazonIpReputationList", 2),
                {
                    "name": "rate",
                    "priority": 3,
                    "action": {"block": {"customResponse": {"responseCode": 429}}},
                    "statement": {"rateBasedStatement": {"limit": PER_FIVE_MINUTES, "aggregateKeyType": "IP"}},
                    "visibilityConfig": _seen("rate"),
                },
            ],
        )
        aws_wafv2.CfnWebACLAssociation(
            self,
            "Association",
            resource_arn=balancer.balancer.load_balancer_arn,
            web_acl_arn=acl.attr_arn,
        )


def _managed(name: str, priority: int, counted: tuple[str, ...] = ()) -> dict[str, object]:
    overrides = [{"name": rule, "actionToUse": {"count": {}}} for rule in counted]
    group = {"vendorName": "AWS", "name": name, "ruleActionOverrides": overrides}
    return {
        "name": name,
        "priority": priority,
        "overrideAction": {"none": {}},
        "statement": {"managedRuleGroupStatement": group},
        "visibilityConfig": _seen(name),
    }


def _seen(name: str) -> dict[str, object]:
    return {"cloudWatchMetricsEnabled": True, "metricName": name, "sampledRequestsEnabled": False}
