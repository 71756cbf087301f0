from django.urls import path

from orders.cancelling.views import CancelOrder
from orders.fulfilment.views import ConfirmOrder
from orders.views import OrderDetail, Orders

urlpatterns = [
    path("orders", Orders.as_view()),
    path("orders/<uuid:order_id>", OrderDetail.as_view()),
    path("orders/<uuid:order_id>/confirm", ConfirmOrder.as_view()),
    path("orders/<uuid:order_id>/cancel", CancelOrder.as_view()),
]
