from django.urls import path

from orders.cancelling.views import CancelOrder
from orders.editing.views import OrderNotes, TrackingToken
from orders.fulfilment.views import ConfirmOrder, DeliverOrder, ShipOrder
from orders.reading.views import EventsOfOrder, OrderEvents, OrderExport
from orders.refunds.views import RefundOrder
from orders.views import OrderDetail, Orders

urlpatterns = [
    path("orders", Orders.as_view()),
    path("orders/events", OrderEvents.as_view()),
    path("orders/export", OrderExport.as_view()),
    path("orders/<uuid:order_id>", OrderDetail.as_view()),
    path("orders/<uuid:order_id>/events", EventsOfOrder.as_view()),
    path("orders/<uuid:order_id>/confirm", ConfirmOrder.as_view()),
    path("orders/<uuid:order_id>/ship", ShipOrder.as_view()),
    path("orders/<uuid:order_id>/deliver", DeliverOrder.as_view()),
    path("orders/<uuid:order_id>/refund", RefundOrder.as_view()),
    path("orders/<uuid:order_id>/cancel", CancelOrder.as_view()),
    path("orders/<uuid:order_id>/notes", OrderNotes.as_view()),
    path("orders/<uuid:order_id>/tracking-token", TrackingToken.as_view()),
]
