"""Who publishes where and who listens to what: the one table that Django, the local set-up and the CDK app read.

Pure data, no imports from the project, so that anything may read it.
"""

TOPIC = "topic"  # the SNS topic: order and invoice events
BUS = "bus"  # the EventBridge bus: catalog and audit events

ROUTES: dict[str, str] = {
    "OrderCreated": TOPIC,
    "OrderConfirmed": TOPIC,
    "OrderShipped": TOPIC,
    "OrderDelivered": TOPIC,
    "OrderCancelled": TOPIC,
    "OrderRefunded": TOPIC,
    "OrderDeleted": TOPIC,
    "OrderAddressChanged": TOPIC,
    "InvoiceGenerated": TOPIC,
    "InvoiceMailRequested": TOPIC,
    "InvoiceVoided": TOPIC,
    "IncomingDocumentChanged": BUS,
    "OrderRejected": BUS,
    "ProductCreated": BUS,
    "ProductUpdated": BUS,
    "ProductDeleted": BUS,
    "StockChanged": BUS,
    "StockLow": BUS,
    "CategoryChanged": BUS,
    "ImportRequested": BUS,
    "CustomerRegistered": BUS,
    "MailRequested": BUS,
    "CustomerDeleted": BUS,
    "DataExportRequested": BUS,
}
"""Event type → where the relay publishes it."""

SUBSCRIPTIONS: dict[str, dict[str, str]] = {
    "emails": {
        "OrderCreated": "notifications.handlers.order_received",
        "OrderShipped": "notifications.handlers.order_shipped",
        "OrderDelivered": "notifications.handlers.order_delivered",
        "OrderCancelled": "notifications.handlers.order_cancelled",
        "InvoiceGenerated": "notifications.handlers.document_issued",
        "InvoiceMailRequested": "notifications.handlers.document_issued",
        "CustomerRegistered": "notifications.handlers.customer_registered",
        "StockLow": "notifications.handlers.stock_low",
        "MailRequested": "notifications.handlers.mail_requested",
    },
    "invoices": {
        "OrderConfirmed": "invoices.handlers.issue_documents",
        "OrderRefunded": "invoices.handlers.issue_documents",
        "OrderCancelled": "invoices.handlers.issue_documents",
        "InvoiceVoided": "invoices.handlers.issue_documents",
    },
    "catalog": {
        "ProductCreated": "catalog.handlers.follow_product",
        "ProductUpdated": "catalog.handlers.follow_product",
        "ProductDeleted": "catalog.handlers.forget_product",
        "StockChanged": "catalog.handlers.follow_stock",
    },
    "search": {
        "CategoryChanged": "catalog.categories.handlers.refresh_branch",
    },
    "imports": {
        "ImportRequested": "catalog.imports.handlers.run_import",
    },
    "refusals": {
        "OrderRejected": "orders.refusals.handlers.keep_refusal",
    },
    "own-data": {
        "DataExportRequested": "accounts.own_data.handlers.make_export",
        "CustomerDeleted": "accounts.own_data.handlers.forget_customer",
    },
}
"""Consumer (one SQS queue each, with a dead-letter queue) → event type → dotted path of the handler."""

INBOUND: dict[str, str] = {
    "ses-feedback": "notifications.mail.feedback.take",
    "incoming-documents": "invoices.incoming.uploads.take",
}
"""Queues that others write to, in forms of their own → dotted path of what takes a message's body, also twice."""

UPLOADS: dict[str, str] = {
    "incoming/": "incoming-documents",
}
"""Beginning of keys in the bucket → inbound queue that S3 tells of each object that is put there."""

TASK_QUEUE = "tasks"
"""The queue of ordinary Celery tasks, those that no event asks for (beat's, above all)."""

MAX_RECEIVES = 12
"""Deliveries of one message before SQS moves it to the dead-letter queue.

With the growing delay between them (1, 2, 4 … 300 s) they span 18 minutes, so that an outage of SES or S3 that lasts
minutes sends nothing there.
"""

VISIBILITY_TIMEOUT = 120
"""Seconds that a received message stays hidden; longer than any handler may run."""

ARCHIVE_DAYS = 0
"""How long the bus's archive keeps every event that came over it, as EventBridge counts: 0 is for ever.

It is the audit's memory of refused orders: the shop itself deletes what its staff page shows of them.
"""
